/** Times as the window writes them: 24 hours, the day in words where it is near. */
import { locale } from "./locale";
import { t } from "./texts";

/**
 * The locale's short names, weekdays from Sunday. They are put in when the window is built (`vite.config.ts`): a start
 * that asks for one reads all that the system knows of languages.
 */
declare const CALENDAR: { weekdays: string[]; months: string[] };

type Written = (time: number) => string;

/** A way of writing times, made when it is first needed: each reads the locale's data. */
function written(options: Intl.DateTimeFormatOptions): Written {
  let format: Intl.DateTimeFormat | undefined;
  return (time) => (format ??= new Intl.DateTimeFormat(locale, options)).format(time);
}

const secondsFormat = written({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayFormat = written({ weekday: "long", day: "numeric", month: "long" });
const yearFormat = written({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const longDateFormat = written({ day: "numeric", month: "long", year: "numeric" });

const DAY = 24 * 60 * 60 * 1000;

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** How many midnights lie between `time` and `now`. */
function daysAgo(time: number, now: number): number {
  return Math.round((midnight(now) - midnight(time)) / DAY);
}

/** 11:04 */
export function clock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** 10:58:02 */
export function clockWithSeconds(time: number): string {
  return secondsFormat(time);
}

/** Today, Yesterday, Tuesday 20 October, with the year if another. */
export function dayHeading(time: number, now: number): string {
  const days = daysAgo(time, now);
  if (days === 0) return t("day-today");
  if (days === 1) return t("day-yesterday");
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayFormat : yearFormat)(time).replace(",", "");
}

/** As short as a row of the list needs it: 11:04, Yesterday, Mon, 12 Nov. */
export function rowTime(time: number, now: number): string {
  const days = daysAgo(time, now);
  if (days <= 0) return clock(time);
  if (days === 1) return t("day-yesterday");
  const date = new Date(time);
  if (days < 7) return CALENDAR.weekdays[date.getDay()] ?? "";
  return `${date.getDate()} ${CALENDAR.months[date.getMonth()]}`;
}

/** today 10:02, yesterday 20:14, 3 October 2025 */
export function moment(time: number, now: number): string {
  const days = daysAgo(time, now);
  if (days === 0) return t("moment-today", { time: clock(time) });
  if (days === 1) return t("moment-yesterday", { time: clock(time) });
  return longDateFormat(time);
}

/** Sunday 29 November */
export function longDay(time: number): string {
  return dayFormat(time).replace(",", "");
}

/** Whether two moments lie on one day. */
export function sameDay(one: number, other: number): boolean {
  return midnight(one) === midnight(other);
}
