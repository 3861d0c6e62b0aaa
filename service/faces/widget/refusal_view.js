// A refusal in, what helps the reader on out: why, what was searched, what came nearest, what the archive covers.

function refusalView(answer, chat, { searched, filtered }) {
  const { words } = chat;
  const archive = chat.archive ?? {};
  const articles = searched ?? archive.articles;
  const nearest = answer.refusal.nearest;
  const facts = [
    Number.isInteger(articles) && [words.say("searched"), words.say("articles", { n: articles })],
    archive.languages && [words.say("languages"), words.list(ranked(archive.languages).map(([tag]) => words.languageName(tag)))],
    archive.published && [words.say("published"), words.period(archive.published.first, archive.published.last)],
  ].filter((fact) => fact && fact[1]);
  return [
    understoodAs(answer, words),
    make("div", { part: "refusal", class: "refusal" },
      make("p", { class: "label" }, words.say("noAnswer")),
      make("p", { class: "why", lang: answer.language, dir: "auto" }, answer.refusal.detail || answer.answer),
      filtered && make("p", { class: "note" }, words.say("filtered")),
      facts.length > 0 && make("dl", { class: "covers" }, facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))))),
    nearest.length > 0 && make("div", { part: "nearest", class: "nearest" },
      make(`h${chat.level + 2}`, { class: "label" }, words.say("nearest")),
      make("div", { class: "cards several" }, nearest.map((citation) => sourceCard(citation, answer, chat, { answered: false })))),
  ];
}

// Names with the highest counts first.
function ranked(counts) {
  return Object.entries(counts ?? {}).sort(([left, many], [right, more]) => more - many || left.localeCompare(right));
}
