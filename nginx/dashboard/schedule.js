// Says Quartz cron expressions in words, as far as they have a usual form. All times are UTC.

const DAYS = { SUN: 'Sundays', MON: 'Mondays', TUE: 'Tuesdays', WED: 'Wednesdays',
  THU: 'Thursdays', FRI: 'Fridays', SAT: 'Saturdays' };
const BY_NUMBER = Object.keys(DAYS);

const isNumber = (field) => /^\d+$/.test(field);
const isAny = (field) => field === '*' || field === '?';
const two = (number) => String(number).padStart(2, '0');

function step(field) {
  const found = /^(?:\*|0)\/(\d+)$/.exec(field);
  return found ? Number(found[1]) : null;
}

function every(number, unit) {
  return number === 1 ? `every ${unit}` : `every ${number} ${unit}s`;
}

function weekdays(field) {
  if (field === 'MON-FRI' || field === '2-6') return 'on weekdays';
  const names = field.split(',').map((day) => DAYS[BY_NUMBER[day - 1] ?? day]);
  return names.every(Boolean) ? names.join(', ') : null;
}

function withinDay(seconds, minutes, hours) {
  if (!isNumber(seconds)) return null;
  if (step(minutes) && isAny(hours)) return every(step(minutes), 'minute');
  if (minutes === '*' && hours === '*') return 'every minute';
  if (!isNumber(minutes)) return null;
  const past = Number(minutes) ? ` at :${two(minutes)}` : '';
  if (hours === '*') return `every hour${past}`;
  if (step(hours)) return `${every(step(hours), 'hour')}${past}`;
  const times = hours.split(',');
  if (!times.every(isNumber)) return null;
  return `at ${times.map((hour) => `${two(hour)}:${two(minutes)}`).join(', ')} UTC`;
}

// "every 15 minutes", "daily at 03:00 UTC", "Mondays at 03:00 UTC"; null where it has no such form.
export function cronInWords(expression) {
  const fields = expression.trim().toUpperCase().split(/\s+/);
  const [seconds, minutes, hours, day, month, weekday, year = '*'] = fields;
  if (fields.length < 6 || fields.length > 7 || month !== '*' || year !== '*') return null;
  const time = withinDay(seconds, minutes, hours);
  if (!time) return null;
  if (isAny(day) && isAny(weekday)) return time.startsWith('at ') ? `daily ${time}` : time;
  if (isAny(day)) return weekdays(weekday) && `${weekdays(weekday)} ${time}`;
  return isAny(weekday) && isNumber(day) ? `monthly on day ${Number(day)} ${time}` : null;
}
