import { describe, expect, it } from 'vitest';
import { contextOf, eventsIn, rejectIn } from '../testing/outcome.js';
import { mail, mbox } from './mail.js';

const parse = (text: string) => mail.open(contextOf())(Buffer.from(text), 17);
const one = async (text: string) => eventsIn(await parse(text))[0];

const text = [
  'Return-Path: <bounce@example.com>',
  'Delivered-To: ann@example.org',
  'Received: from localhost (localhost [127.0.0.1]) by mx.example.org; Thu, 22 Aug 2002 08:17:21 -0400',
  'Received: from mail.example.com (rdns.example.com [203.0.114.9]) by mx.example.org',
  '\tfor <ann@example.org>; Thu, 22 Aug 2002 08:17:20 -0400',
  'From: "Bob" <Bob@Example.com>',
  'To: ann@example.org, Friends: cy@example.org, dee@example.org;',
  'Cc: ANN@example.org',
  'Subject: =?utf-8?Q?caf=C3=A9?=',
  'Message-ID: <1@example.com>',
  'Date: Thu, 22 Aug 2002 13:17:22 +0100',
  '',
  'Hello,\r\nWorld 42!',
].join('\r\n');

describe('mail', () => {
  it('makes a receipt of a message', async () => {
    expect(await one(text)).toEqual({
      specversion: '1.0',
      id: '17',
      source: 'file:test',
      type: 'mail.receipt',
      time: '2002-08-22T12:17:22.000Z',
      data: {
        messageId: '<1@example.com>',
        sender: 'bob@example.com',
        recipients: ['ann@example.org', 'cy@example.org', 'dee@example.org'],
        ip: '203.0.114.9',
        helo: 'mail.example.com',
        subject: 'café',
        bytes: Buffer.byteLength(text),
        // printf helloworld | sha1sum
        fingerprint: '6adfb183a4a2c94a2f92dab5ade762a47889a5a1',
      },
    });
  });

  it('falls back to the envelope and to the newest Received', async () => {
    const bare = text.replace(/^(From|To|Cc|Date): .*\r\n/gm, '');
    const { time, data } = await one(bare);
    expect(time).toBe('2002-08-22T12:17:21.000Z');
    expect(data).toMatchObject({ sender: 'bounce@example.com', recipients: ['ann@example.org'] });
    const noEnvelope = await one(bare.replace(/^(Return-Path|Delivered-To): .*\r\n/gm, ''));
    expect(noEnvelope.data).toMatchObject({ sender: '', recipients: ['ann@example.org'] });
    expect((await one('Subject: x\r\n\r\n')).time).toBe('2026-11-24T00:00:00.000Z');
  });

  it('gives the same fingerprint to plain text, base64 and HTML of the same letters', async () => {
    const headers = (type: string, encoding = '7bit') =>
      `From: a@example.com\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
    const bodies = [
      `${headers('text/plain')}Hello, world`,
      `${headers('text/plain', 'base64')}${Buffer.from('HELLO world 7').toString('base64')}`,
      `${headers('text/html')}<p class="x1">Hello <b>world</b></p><`,
    ];
    const fingerprints = await Promise.all(bodies.map(async (body) => (await one(body)).data.fingerprint));
    expect(new Set(fingerprints)).toEqual(new Set(['6adfb183a4a2c94a2f92dab5ade762a47889a5a1']));
    expect((await one('From: a@example.com\r\n\r\n12 34')).data).not.toHaveProperty('fingerprint');
  });

  it('reads a body of nothing but opened tags in no time', async () => {
    await one(`From: a@example.com\r\nContent-Type: text/html\r\n\r\n${'<'.repeat(1_000_000)}`);
  });

  it('refuses what has no mail headers', async () => {
    expect(rejectIn(await parse('hello\n')).code).toBe('MAIL_HEADERS_MISSING');
    expect(eventsIn(await parse(' \n'))).toEqual([]);
  });
});

describe('mbox', () => {
  it('splits at From lines after an empty line', async () => {
    const file = Buffer.from(
      [
        'From a Thu Aug 22 13:17:22 2002',
        'Subject: 1',
        '',
        'It goes on:',
        'From here on',
        '',
        '>From there on',
        '',
        'From b',
        'Subject: 2',
        '',
        'x',
        '',
      ].join('\n'),
    );
    const units = mbox.split(file);
    expect(units).toEqual([
      { start: 0, end: file.indexOf('From b') },
      { start: file.indexOf('From b'), end: file.length },
    ]);
    const parse = mbox.open(contextOf());
    const events = await Promise.all(
      units.map(async ({ start, end }) => eventsIn(await parse(file.subarray(start, end), start))),
    );
    expect(events.flat().map(({ data }) => data.subject)).toEqual(['1', '2']);
    expect(mbox.split(Buffer.alloc(0))).toEqual([]);
  });
});
