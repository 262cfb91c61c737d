// Days of PostgreSQL's proleptic Gregorian calendar, counted from 2000-01-01 (date2j and j2date of
// src/backend/utils/adt/datetime.c give the same days; the method here is era arithmetic).

const daysPerEra = 146097;
/** Days from 0000-03-01 to 2000-01-01. */
const epochShift = 730425;

/** Days since 2000-01-01. `year` is astronomical: 0 is 1 BC. `month` 1-12. */
export function daysOfDate(year: number, month: number, day: number): number {
  // Years that begin in March put the leap day last.
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * daysPerEra + yearOfEra * 365 + leapDays + dayOfYear - epochShift;
}
