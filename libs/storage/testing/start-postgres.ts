// A process for specs to kill: starts the PostgreSQL of the folder that it is given, says its URL, and stops it on
// SIGTERM. `startPostgresChild` talks to it.
import { startEmbeddedPostgres } from '../src/postgres/embedded.js';

const server = await startEmbeddedPostgres({
  directory: process.argv[2],
  onEvent: (event) => console.log(JSON.stringify(event)),
});
console.log(JSON.stringify({ kind: 'url', url: server.url }));
const alive = setInterval(() => {}, 60_000);
process.once('SIGTERM', async () => {
  await server.stop();
  clearInterval(alive);
});
