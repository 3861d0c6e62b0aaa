// A citation in, its card out: the quote in its own language where it stands, what it comes from, where to read on.

const CONTEXT = 100;

function sourceCard(citation, answer, chat, { answered }) {
  const { words } = chat;
  const { article } = citation;
  return make("article", { part: "card", class: `card${citation.stance === "differs" ? " differing" : ""}` },
    citation.stance === "differs" && make("p", { class: "note differs" }, words.say("differs")),
    quoteInPlace(citation, answer, answered),
    citation.translation && make("div", { class: "translation" },
      make("p", { class: "label" }, words.say("translation")),
      make("p", { lang: answer.language, dir: "auto" }, citation.translation)),
    make(`h${chat.level + 2}`, { class: "title", lang: article.language, dir: "auto" },
      make("span", { class: "number", "aria-hidden": "true" }, String(citation.number)), article.title ?? ""),
    factsOf(article, words),
    citation.newer_version && make("p", { class: "note" }, words.say("changed")),
    alsoIn(citation.also_in, words),
    make("p", { class: "links" },
      newTabLink("open-article", articleAddress(chat.endpoint, citation, answer), words.say("open"), article.title, words),
      newTabLink("original", originalAddress(citation), words.say("original"), article.title, words)));
}

// The quote between what surrounds it in its sentence, as far as the passage that was read reaches.
function quoteInPlace(citation, answer, answered) {
  const { quote, start, article } = citation;
  const [head, middle, tail] = around(quote, start, answered ? citation.answer_start : null, citation.answer_end);
  const [before, after] = contextOf(citation, answer);
  return make("div", { class: "quoted", lang: article.language, dir: directionOf(article.language) },
    before && make("span", { class: "context" }, before),
    make("blockquote", { part: "quote", lang: article.language, dir: "auto", cite: webAddress(article.url) },
      head, middle && make("mark", { part: "answer-in-quote" }, middle), tail),
    after && make("span", { class: "context" }, after));
}

function contextOf(citation, answer) {
  const passage = answer.passages.find((one) => one.passage_id === citation.passage_id);
  if (!passage) return ["", ""];
  const [before, quote, after] = around(passage.text, passage.start, citation.start, citation.end);
  return quote === citation.quote ? [lastWords(before), firstWords(after)] : ["", ""];
}

// Within the paragraph only, and not more than a card bears; cut at a word where the script parts words.
function lastWords(text) {
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const kept = cut(line, codePoints(line) - CONTEXT);
  return kept === line ? line : `…${kept.replace(/^\S{0,25}(?=\s)/, "")}`;
}

function firstWords(text) {
  const [line] = text.split("\n", 1);
  const kept = cut(line, 0, CONTEXT);
  return kept === line ? line : `${kept.replace(/\s\S{0,25}$/, "")}\u00a0…`;
}

function factsOf(article, words) {
  const sample = Array.isArray(article.tags) && article.tags.includes("sample");
  return make("p", { class: "facts" },
    article.source && make("span", { dir: "auto" }, article.source),
    article.published && make("time", { datetime: article.published }, words.day(article.published)),
    article.language && make("span", { class: "badge" }, words.languageName(article.language)),
    sample && make("span", { class: "badge sample" }, words.say("sample")));
}

function alsoIn(copies, words) {
  if (!Array.isArray(copies) || !copies.length) return null;
  const named = copies.map((copy) => {
    const name = copy?.source || copy?.title || copy?.id || "";
    const address = webAddress(copy?.url);
    return make("li", { dir: "auto" }, address ? make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, name) : name);
  });
  return make("div", { class: "also" }, make("span", {}, words.say("also")), make("ul", {}, named));
}

function newTabLink(part, address, text, title, words) {
  if (!address) return null;
  return make("a", { part, href: address, target: "_blank", rel: "noopener noreferrer" },
    text, make("span", { class: "hidden" }, `: ${title ?? ""} (${words.say("newTab")})`));
}
