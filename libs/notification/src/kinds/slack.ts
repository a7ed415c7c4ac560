import { facts, headline, line, spelledOut } from '../words.js';
import type { HttpKind } from './kind.js';

const colours = { informational: '#8a8f98', low: '#3b82f6', medium: '#eab308', high: '#f97316', critical: '#dc2626' };
const closedColour = '#22c55e';

/** The JSON of Slack's incoming webhooks, which Mattermost, Rocket.Chat and others take, too. */
export const slack: HttpKind = ({ settings }, message) => {
  const { told, more } = spelledOut(message);
  const attachments = told.map(({ transition, alert }) => ({
    color: transition === 'closed' || transition === 'merged' ? closedColour : colours[alert.severity],
    title: escaped(line(transition, alert)),
    text: escaped(facts(alert)),
    fallback: escaped(line(transition, alert)),
  }));
  const text = more > 0 ? `${headline(message)} (${more} are left out here)` : headline(message);
  return { url: settings.url, body: JSON.stringify({ text: escaped(text), attachments }), headers: {} };
};

/** As Slack asks for: else what an event says could be a link, or call everybody. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
