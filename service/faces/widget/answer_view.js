// An answer in, its wording with numbered marks and the cards they open out.

const OPEN_AT_FIRST = 3;

function answerView(answer, chat) {
  const { words } = chat;
  const cards = make("div", { class: "cards" });
  const marks = new Map();
  const toggles = new Map();
  const id = `card-${chat.nextId()}`;
  const slots = answer.citations.map((citation) => [citation, `${id}-${citation.number}`]);

  const show = (citation, open) => {
    const place = slots.find(([one]) => one === citation)[1];
    let card = chat.byId(cards, place);
    if (!card && open) {
      card = sourceCard(citation, answer, chat, { answered: answer.short_answer != null });
      card.id = place;
      const next = slots.slice(slots.findIndex(([one]) => one === citation) + 1).map(([, later]) => chat.byId(cards, later)).find(Boolean);
      cards.insertBefore(card, next ?? null);
    }
    if (card) card.hidden = !open;
    for (const mark of marks.get(citation) ?? []) mark.setAttribute("aria-expanded", String(open));
    toggles.set(citation, open);
    cards.classList.toggle("several", [...toggles.values()].filter(Boolean).length > 1);
    return card;
  };

  const markOf = (citation) => {
    const { source, title, published } = citation.article;
    const from = [source || title, published && words.day(published)].filter(Boolean).join(", ");
    const mark = button("mark", String(citation.number), () => {
      const card = show(citation, !toggles.get(citation));
      if (card && !card.hidden) card.scrollIntoView({ block: "nearest", inline: "nearest", behavior: calm() ? "auto" : "smooth" });
    }, { class: "mark", "aria-label": words.say("quote", { n: citation.number, source: from }), "aria-expanded": "false",
      "aria-controls": slots.find(([one]) => one === citation)[1] });
    marks.set(citation, [...(marks.get(citation) ?? []), mark]);
    return mark;
  };

  const written = answer.mode === "generative"; // in the reader's language, else in the article's
  const language = (written ? null : answer.citations[0]?.article.language) ?? answer.language;
  const differs = answer.citations.some((citation) => citation.stance === "differs");
  const kind = written || answer.short_answer == null ? "statement" : "short";
  const wording = make("p", { part: "short", class: differs ? `${kind} disagree` : kind, lang: language, dir: directionOf(language) }, valuesOf(answer, markOf));
  for (const citation of openAtFirst(answer)) show(citation, true);

  return [
    understoodAs(answer, words),
    wording,
    differs && make("p", { class: "note" }, words.say("disagree")),
    cards,
  ];
}

// Each value with its marks; values of several scripts must not mix their directions.
function valuesOf(answer, markOf) {
  const values = [];
  const pieces = piecesOf(answer);
  for (const [place, piece] of pieces.entries()) {
    if (typeof piece !== "string") {
      if (!values.length) values.push(make("span", { class: "value" }));
      values.at(-1).append(markOf(piece));
      continue;
    }
    const [, between, text] = piece.match(/^([;\s]*)([^]*)$/);
    const whose = whoseIs(pieces[place + 1]);
    const ending = ` (${whose.join(", ")})`;
    const told = text.endsWith(ending);
    values.push(make("span", { class: "value" }, between && make("span", { class: "between" }, between),
      make("bdi", {}, told ? text.slice(0, -ending.length) : text),
      told && [" ", make("bdi", { class: "whose" }, "(", whose[0], whose[1] && [", ", make("bdi", {}, whose[1])], ")")]));
  }
  return values;
}

// Where sources disagree, a value is followed by its source and day in brackets.
function whoseIs(citation) {
  const { source, title, published } = citation?.article ?? {};
  return [source || title, published?.slice(0, 10)].filter(Boolean);
}

// The sources of the first statement side by side, and those that say something else.
function openAtFirst(answer) {
  const first = answer.statements[0]?.citations ?? [];
  const proving = answer.citations.filter((citation) => first.includes(citation.number));
  const differing = answer.citations.filter((citation) => citation.stance === "differs" && !proving.includes(citation));
  return [...(proving.length ? proving : answer.citations.slice(0, 1)).slice(0, OPEN_AT_FIRST), ...differing.slice(0, OPEN_AT_FIRST)];
}

function understoodAs(answer, words) {
  const full = answer.standalone_question;
  if (typeof full !== "string" || !full || full === answer.question) return null;
  return make("p", { class: "soft", dir: "auto" }, words.say("understood", { question: full }));
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
