import { type Correlation, type Detection, detectionsWithin, type RuleInfo, type RuleSet } from '#libs/sigma';

/** The rules that alert about events of some of a set's detections, be it through others. */
export function affectedRules(set: RuleSet, isMeant: (detection: Detection) => boolean): RuleInfo[] {
  const meant = new Set(set.detections.filter(isMeant));
  const within = (rule: Correlation | Detection) => ('matches' in rule ? [rule] : detectionsWithin(rule));
  return [...set.correlations, ...set.detections]
    .filter((rule) => rule.alerting && within(rule).some((detection) => meant.has(detection)))
    .map(({ info }) => info);
}
