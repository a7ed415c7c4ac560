import { eventTypes, topics } from '#libs/events';

/** What ingest writes to: a topic for each type of event, and one for what could not be read. */
export const activityTopics: readonly string[] = [
  ...new Set([...eventTypes.filter((type) => !type.internal).map((type) => type.topic), topics.deadLetters]),
];
