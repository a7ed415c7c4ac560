/** The apps that one process can be made of, in flow order. */
export const partNames = ['ingest', 'detect', 'project', 'notify', 'api'] as const;
export type PartName = (typeof partNames)[number];
