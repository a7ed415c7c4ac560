export const INGEST = Symbol('INGEST');
