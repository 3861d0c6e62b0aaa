// A language in; the widget's texts, figures, dates and names of languages in it out.

const FALLBACK = "en";
const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/i;

// The tag as browsers write it, or null when it is none.
function languageTag(value) {
  try {
    return Intl.getCanonicalLocales(value ?? "")[0] ?? null;
  } catch {
    return null;
  }
}

function directionOf(tag) {
  return RIGHT_TO_LEFT.test(tag ?? "") ? "rtl" : "ltr";
}

class Words {
  // Texts of the base language, figures as its region writes them; a language without texts reads English.
  constructor(tag) {
    const base = (tag ?? "").split("-")[0];
    this.language = base in TEXTS ? base : FALLBACK;
    this.locale = this.language === base ? tag : FALLBACK;
    this.direction = directionOf(this.language);
    this.plurals = new Intl.PluralRules(this.locale);
    this.numbers = new Intl.NumberFormat(this.locale);
    this.days = new Intl.DateTimeFormat(this.locale, { dateStyle: "long", timeZone: "UTC" });
    this.months = new Intl.DateTimeFormat(this.locale, { month: "long", year: "numeric", timeZone: "UTC" });
    this.languages = new Intl.DisplayNames([this.locale], { type: "language" });
  }

  // The text of `key`; `values.n` chooses the plural form.
  say(key, values = {}) {
    let text = TEXTS[this.language][key] ?? TEXTS[FALLBACK][key];
    if (typeof text === "object") text = text[this.plurals.select(values.n)] ?? text.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === "number" ? this.numbers.format(value) : value;
    });
  }

  // A date or date-time of an article, in UTC as the archive counts days; what is no date as it is.
  day(published) {
    const moment = new Date(published);
    return Number.isNaN(moment.getTime()) ? published : this.days.format(moment);
  }

  // From the first month to the last; null when one is missing.
  period(first, last) {
    const [from, to] = [new Date(first ?? NaN), new Date(last ?? NaN)];
    if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime()) || from > to) return null;
    return this.months.formatRange(from, to);
  }

  percent(share) {
    return new Intl.NumberFormat(this.locale, { style: "percent" }).format(share);
  }

  time(moment) {
    return new Intl.DateTimeFormat(this.locale, { timeStyle: "short" }).format(moment);
  }

  list(names) {
    return new Intl.ListFormat(this.locale, { type: "unit", style: "short" }).format(names);
  }

  languageName(tag) {
    try {
      return this.languages.of(tag) ?? tag;
    } catch {
      return tag;
    }
  }
}
