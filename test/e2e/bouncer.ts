import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programsForTests } from './programs.js';

const what = 'a real CrowdSec bouncer';
const programs = ['crowdsec-firewall-bouncer', 'nft', 'ip'] as const;
/** Of RFC 2544, for tests of networks: no other network has them. Others than those of a run before, which may have been killed. */
const network = process.pid % 16_384;
const [ours, theirs] = [1, 2].map((host) => `198.18.${network >> 6}.${((network & 63) << 2) + host}`);

interface NftSet {
  set?: { elem?: (string | { elem: { val: string } })[] };
}

/** Debian's firewall bouncer in a network namespace of its own, where it can harm nobody; and the way to it. */
export class BouncerHouse {
  private readonly folder = mkdtempSync(join(tmpdir(), 'weir-bouncer-'));
  private readonly name = `weir-${process.pid}`;
  private bouncer: ChildProcess | undefined;
  private said = '';
  /** Where Weir is to listen, for the namespace to reach it. */
  readonly address = ours;

  constructor() {
    const link = `weir${process.pid % 100_000}`;
    run('ip', 'netns', 'add', this.name);
    run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'up0', 'netns', this.name);
    run('ip', 'address', 'add', `${ours}/30`, 'dev', link);
    run('ip', 'link', 'set', link, 'up');
    this.inside('ip', 'address', 'add', `${theirs}/30`, 'dev', 'up0');
    this.inside('ip', 'link', 'set', 'up0', 'up');
    this.inside('ip', 'link', 'set', 'lo', 'up');
  }

  start(url: string, key: string): void {
    const config = join(this.folder, 'bouncer.yaml');
    writeFileSync(config, configuration(url, key));
    this.bouncer = spawn('ip', ['netns', 'exec', this.name, 'crowdsec-firewall-bouncer', '-c', config]);
    for (const stream of [this.bouncer.stdout!, this.bouncer.stderr!])
      stream.on('data', (piece: Buffer) => {
        this.said += piece;
      });
  }

  /** What the firewall of the namespace holds, in order. Throws what the bouncer said where it has ended. */
  blocked(): string[] {
    if (this.bouncer?.exitCode !== null) throw new TypeError(`The bouncer ended: ${this.said}`);
    return ['ip crowdsec crowdsec-blacklists', 'ip6 crowdsec6 crowdsec6-blacklists']
      .flatMap((set) => this.elements(set))
      .sort();
  }

  async stop(): Promise<void> {
    if (this.bouncer?.exitCode !== null) return;
    const gone = new Promise((done) => this.bouncer!.on('exit', done));
    // At SIGTERM it takes its rules back one by one, which the namespace's end does at once.
    this.bouncer.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.stop();
    // Its end of the pair goes with it, and ours with that.
    run('ip', 'netns', 'delete', this.name);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private elements(set: string): string[] {
    const said = this.inside('nft', '-j', 'list', 'set', ...set.split(' '));
    const { nftables } = JSON.parse(said) as { nftables: NftSet[] };
    const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
    return elements.map((element) => (typeof element === 'string' ? element : element.elem.val));
  }

  private inside(...command: string[]): string {
    return run('ip', 'netns', 'exec', this.name, ...command);
  }
}

/** Null where the machine lacks what it takes, which is said aloud, and is a failure in CI. */
export function bouncerHouse(): BouncerHouse | null {
  const found = programsForTests(what, programs, 'crowdsec-firewall-bouncer nftables iproute2');
  if (!found) return null;
  try {
    return new BouncerHouse();
  } catch (error) {
    // As an ordinary user, and in containers that may not.
    if (process.env.CI) throw error;
    console.warn(`LEFT OUT: ${what.toUpperCase()}, SINCE NO NETWORK NAMESPACE CAN BE MADE (TRY AS ROOT)`);
    return null;
  }
}

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** As Debian ships it, but for what says where and how often. */
const configuration = (url: string, key: string) => `
mode: nftables
pid_dir: /tmp/
update_frequency: 1s
daemonize: false
log_mode: stdout
log_level: info
api_url: ${url}/
api_key: ${key}
insecure_skip_verify: false
disable_ipv6: false
deny_action: DROP
deny_log: false
supported_decisions_types:
  - ban
blacklists_ipv4: crowdsec-blacklists
blacklists_ipv6: crowdsec6-blacklists
nftables:
  ipv4:
    enabled: true
    set-only: false
    table: crowdsec
    chain: crowdsec-chain
  ipv6:
    enabled: true
    set-only: false
    table: crowdsec6
    chain: crowdsec6-chain
prometheus:
  enabled: false
`;
