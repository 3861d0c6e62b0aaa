"""An answerable question and its passage in; a question that the same passage only seems to answer out.

A reader that has seen only other passages as "not stated" takes any span of the right type in the right story for
the answer. So a name, a figure, what is counted, one noun, verb or adjective is exchanged, or a condition added that
the passage does not hold (the ways of the unanswerable questions of SQuAD 2.0, Rajpurkar et al. 2018, section 4), by
rules, in the question alone.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import regex
from wordfreq import zipf_frequency

from training.sister_terms import SAME_START, Form, Reading, SisterTerms
from training.training_data import TrainingData, TrainingQuestion

Random = np.random.Generator
Match = re.Match[str] | regex.Match[str]

LATIN_NAME = regex.compile(
    r"(?<=[\w,;] [\"(«]?|\w['’])\p{Lu}[\w-]+(?: \p{Lu}[\w-]+)*"
)  # where no sentence begins
QUOTED = r"(?<=[「『《〈“\"])[^「」『』《》〈〉“”\"]{2,24}(?=[」』》〉”\"])"
ROMAN = re.compile(r"[IVXLC]+e?")  # of centuries and kings
# Scripts without capitals: what is quoted, katakana and Latin letters; in Japanese a run of three kanji or more too.
OTHER_NAME = regex.compile(QUOTED + r"|[ァ-ヺー・]{3,}|\b\p{Lu}\p{Latin}+(?:[ .]\p{Lu}\p{Latin}+)*")
KANJI_NAME = regex.compile(OTHER_NAME.pattern + r"|(?<!\p{Han})\p{Han}{3,8}(?!\p{Han})")
FIGURE = regex.compile(r"(?<![\p{Latin}\d.,:/-])\d{1,4}(?!\p{Latin}|[.,:/-]?\d|[-^]|年代)")
YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20|24|25)\d\d(?!\d)")  # the last two are Thai
COUNTED = re.compile(
    r"\b(how many(?= \w+s\b)|combien de|combien d['’]|cuántos|cuántas|berapa banyak|berapa jumlah) ?"
    r"(?!temps|fois|times?|tiempo|years|days|hours|others|of)([^\W\d_]{4,})",
    re.IGNORECASE,
)
ENGLISH_WORD = re.compile(r"(?<![\w'-])[a-z]{3,}(?![\w'-])")
TOPIC = {"zh": 3, "th": 5}  # letters at least: a text on one thing begins with its name
LONGEST_TOPIC = 24
# Where no WordNet tells the nouns: what stands after these; in Indonesian after any word.
BEFORE_NOUN = {
    "fr": "la|le|du|une|un|des|les|quelle?s?",
    "es": "la|el|del|una|un|los|las|qué",
    "id": r"(?!yang|tidak|berapa)\p{L}+",
}
NOUN_IN_PLACE = {
    language: regex.compile(
        rf"\b(?i:({before})) (?!yang|pada|dalam|adalah|tahun|dengan|seraient|"
        rf"serait|étai|furent|seront)(\p{{Ll}}{{5,}})\b(?! \p{{Lu}})"
    )
    for language, before in BEFORE_NOUN.items()
}
FROM_PASSAGE = 0.3  # of exchanged names: by another one of the same passage
APART = 120  # code points between such a name and the answer, which may be told of both else
TRIES = 12
FEWEST_IN_POOL = 12
MOST_FRAMES_FROM = 20_000  # questions: more of them name no new verbs, and take seconds
FUNCTION_WORD = 6.3  # Zipf frequency: with, also, many
CLEAR = 4  # times as often one part of speech as the next one, else the words beside it have to tell


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Too general to make a difference, or what the question is put together with.
LIGHT = _words(
    "name names type types kind kinds sort term terms word words thing "
    "things person people part parts way ways reason "
    "reasons place places number amount time times year years date day "
    "days percentage many much most whose which what "
    "who when where why how does did was were are been being have has "
    "had do done make made makes making get got give "
    "given gave take took taken use used uses using go went gone come "
    "came know known knows say said says mean means "
    "happen happened become became find call called see seen think thought "
    "want wanted need needed feel felt look let put "
    "keep kept named title example item items area lot something "
    "anything someone anyone other another same such own "
    "some all able due long old last first next main one two three author reviewer user book product according"
)
ADJECTIVE_PREVIOUS = _words("the a an this that most more very of in what which how its their his her")
NOUN_PREVIOUS = ADJECTIVE_PREVIOUS | _words("on at for from by with to no and's many much whose some")
VERB_PREVIOUS = _words("to can could will would should may might must not who they he she it you")

# Never put in: they say of nearly everything what was said already.
VAGUE = _words(
    "seem show include provide feature contain appear present help try "
    "start begin require involve offer allow set run "
    "work hold leave become turn system object unit group side form "
    "piece device body structure activity work family "
    "boy guy man girl lady female male adult head member individual "
    "stuff material equipment machine key case matter "
    "point aspect detail factor element concept idea fact resident "
    "citizen figure section instance version occur "
    "all some any both let describe mention discuss view consider claim believe"
)

OPPOSITES = {
    "en": (
        "first last|before after|most least|more less|largest smallest|"
        "biggest smallest|highest lowest|oldest youngest|"
        "best worst|start end|began ended|begin end|north south|east west|northern southern|eastern western|"
        "increase decrease|increased decreased|win lose|won lost|born died|birth death|buy sell|bought sold|"
        "male female|man woman|men women|father mother|son daughter|brother sister|husband wife|above below|"
        "earliest latest|minimum maximum|major minor|open close|opened closed|join leave|joined left|"
        "allowed forbidden|legal illegal|public private|cause prevent|positive negative|"
        "cheap expensive|strong weak|good bad|add remove|success failure|"
        "arrive leave|arrived left|enter leave|entered left|accept refuse|accepted refused|attack defend|"
        "inside outside|upper lower|rich poor|winner loser|always never|majority minority|founded dissolved|"
        "built demolished|created abolished|supported opposed|support oppose|included excluded|longest shortest"
    ),
    "fr": (
        "premier dernier|première dernière|avant après|plus moins|début fin|nord sud|grand petit|grande petite|"
        "né mort|née morte|naissance mort|père mère|fils fille|frère sœur|homme femme|hommes femmes|mari femme|"
        "meilleur pire|gagné perdu|augmenté diminué|ouvert fermé|acheté vendu|maximum minimum|fondé dissous|"
        "haut bas|hausse baisse|ancien nouveau|premiers derniers|"
        "premières dernières|orientale occidentale|créé supprimé|"
        "construit détruit|commence finit|commencé terminé|augmente diminue|gagne perd|avantages inconvénients"
    ),
    "es": (
        "primer último|primera última|primero último|antes después|"
        "más menos|principio final|norte sur|este oeste|"
        "nació murió|nacimiento muerte|padre madre|hijo hija|"
        "hermano hermana|hombre mujer|hombres mujeres|esposo esposa|"
        "mejor peor|ganó perdió|aumentó disminuyó|abrió cerró|"
        "compró vendió|mayor menor|máximo mínimo|fundó disolvió|"
        "alto bajo|grande pequeño|empezó terminó|comenzó terminó|construyó destruyó"
    ),
    "id": (
        "pertama terakhir|sebelum sesudah|terbesar terkecil|"
        "lahir meninggal|utara selatan|timur barat|mulai berakhir|"
        "dilahirkan meninggal|tertinggi terendah|tertua termuda|suami istri|didirikan dibubarkan|"
        "dibentuk dibubarkan|terpanjang terpendek|dimulai berakhir|"
        "pria wanita|terbanyak tersedikit|menang kalah"
    ),
    "no": (
        "første siste|før etter|størst minst|største minste|"
        "født død|nord sør|øst vest|far mor|sønn datter|vant tapte"
    ),
    "ja": (
        "最初 最後|最大 最小|最高 最低|最古 最新|最多 最少|最も多 最も少な|"
        "最も大き 最も小さ|最も高 最も低|父親 母親|息子 娘|"
        "生まれた 亡くなった|以前 以後|北部 南部|東部 西部|男性 女性|"
        "増加 減少|勝利 敗北|上昇 下降|北側 南側|東側 西側|"
        "開始 終了|設立 解散|上流 下流|輸出 輸入|就任 辞任|入学 退学|"
        "建設 解体|賛成 反対|長所 短所|父 母|始まった 終わった"
    ),
    "zh": (
        "最大 最小|最高 最低|最早 最晚|最多 最少|最长 最短|以前 以后|"
        "之前 之后|父亲 母亲|儿子 女儿|出生 去世|北部 南部|"
        "东部 西部|男性 女性|增加 减少|开始 结束|成立 解散|丈夫 妻子|"
        "建立 废除|优点 缺点|第一 最后|上游 下游|出口 进口|"
        "最長 最短|以後 以前|之後 之前|父親 母親|兒子 女兒|東部 西部|"
        "減少 增加|開始 結束|優點 缺點|支持 反对|建造 拆除"
    ),
    "th": (
        "แรก สุดท้าย|มากที่สุด น้อยที่สุด|ใหญ่ที่สุด เล็กที่สุด|สูงที่สุด ต่ำที่สุด|บิดา มารดา|ทิศเหนือ ทิศใต้|"
        "ทิศตะวันออก ทิศตะวันตก|ภาคเหนือ ภาคใต้|เพศชาย เพศหญิง|"
        "ก่อตั้ง ยุบ|สมรส หย่า|ลูกชาย ลูกสาว|เริ่มต้น สิ้นสุด"
    ),
}
UNSPACED = ("ja", "zh", "th")

# A year as a condition: how it is written, and questions that ask for one themselves.
IN_YEAR = {
    "en": " in {}", "fr": " en {}", "es": " en {}", "id": " pada tahun {}", "no": " i {}",
    "ja": "{}年に", "zh": "{}年", "th": "ในปี {} ",
}  # fmt: skip
ASKS_FOR_TIME = regex.compile(
    r"\b(?:when|year|date|how (?:long|old)|century|quand|année|date|siècle|âge|combien de temps|cuándo|año|fecha|siglo|"
    r"kapan\w*|tahun|tanggal|abad|når|år|årstall|מתי|שנה|שנת|متى|عام|سنة|تاريخ)\b|いつ|何年|何月|何日|年代|时|時|年|哪天|何时|日期|"
    r"เมื่อ|ปี|วันที่|พ\.ศ|กี่|መቼ|ዓ\.?ም|ዓመት",
    regex.IGNORECASE,
)
NO_OPPOSITE = regex.compile(  # last names, the first world war; the verb last
    r"\w+\s*(?:names?|week|year|month|time|world|war|verdenskrig|guerre|guerra|minist\w+)\b|"
    r"(?<=\bhow )\w+\b|(?:last|first)\s*(?:\W|$|(?:for|in|on|until|after|with|at|to)\b)",
    regex.IGNORECASE,
)
LATEST_YEAR = 2025
# What is told as past, in the languages that mark it: of 15 lasting facts in Chinese, Japanese and Thai half were as
# true in any year that was added.
PAST = {
    "en": r"\b(?:did|was|were|had|\w{3,}ed)\b",
    "fr": r"\b(?:était|étaient|fut|furent|été|avait|avaient|ont|a|a-t)\b",
    "es": r"\b(?:fue|fueron|era|eran|había|\w{2,}(?:ó|aron|ieron))\b",
    "id": r"\b(?:di\w{4,}(?:kan|i)|menjadi|terjadi|meraih|memenang\w+)\b",
    "no": r"\b(?:var|ble|hadde|fikk|kom|\w{4,}(?:te|et))\b",
    "ja": r"ました|でした|た(?:の[はか]|人|場所|か[?？。])",
    "zh": r"曾|了|后来|當時|当时|遭",
    "th": r"เคย|ถูก|ได้รับ|ชนะ",
}
# Definitions and lasting facts: a year changes nothing.
TIMELESS = regex.compile(
    r"what (?:is|are|kind|type)\b|qu['’ ]?est[- ]ce qu['’]|c['’]est quoi|"
    r"(?:où|qui|quel\w*) est\b|apa itu|apakah yang|nama|asal|"
    r"mata uang|artinya|luas|terletak|letak|qué es|(?:quién|cuál|dónde) es|"
    r"hva er|ما ه|ما معنى|מהו|מהי|とは何|面積|是什么|是什麼|位于|位於|面积|有多|คืออะไร|ชื่อ|ตั้งอยู่",
    regex.IGNORECASE,
)
LAST_CONDITION = regex.compile(r" (?:during|in|at) (?:the )?\p{Lu}[\w-]+(?: \p{Lu}[\w-]+)*(?= ?\?$)")
LAST_NAME = regex.compile(r"\b(?:name|nama|nom|nombre|called|stand for|mean|mort)\b", regex.IGNORECASE)

WEIGHTS = {
    "name": 3.0,
    "noun": 3.0,
    "verb": 1.5,
    "opposite": 2.0,
    "figure": 2.0,
    "count": 1.5,
    "condition": 0.5,
}


@dataclass(frozen=True, slots=True)
class Held:
    """A question with all that its passage says."""

    question: TrainingQuestion
    passage: str
    random: Random

    @property
    def text(self) -> str:
        """The question as asked."""
        return self.question.text

    @property
    def language(self) -> str:
        """The first part of the language's tag."""
        return self.question.language.split("-")[0]

    def says(self, new: str) -> bool:
        """Whether passage or question hold the text, as it is written there or in other case."""
        folded = new.casefold()
        return folded in self.passage.casefold() or folded in self.text.casefold()


Way = Callable[[Held], str | None]


class NearMisses:
    """Changes questions; what it puts in comes from WordNet and the other questions of the language."""

    def __init__(self, data: TrainingData, terms: SisterTerms | None = None) -> None:
        """Collect the names, the counted things, the conditions and the verbs of all questions."""
        english = any(question.language == "en" for question in data.questions)
        self._terms = terms or (SisterTerms() if english else None)
        self._names: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._counted: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._placed: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._conditions: list[str] = []
        self._frames: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for question in data.questions:
            language = question.language.split("-")[0]
            for found in _names(question.text, language, data.contexts[question.context].text):
                for pool in self._pools(found, language):
                    self._names[language, pool].append(found[0])
            for counted in COUNTED.finditer(question.text):
                self._counted[language, counted[1].casefold()].append(counted[2])
            for placed in (
                NOUN_IN_PLACE[language].finditer(question.text) if language in NOUN_IN_PLACE else ()
            ):
                self._placed[language, placed[1].casefold()].append(placed[2])
            if language == "en" and (condition := LAST_CONDITION.search(question.text)):
                self._conditions.append(condition[0])
        self._read_frames([question.text for question in data.questions if question.language == "en"])
        self._opposites = {language: _both_ways(pairs) for language, pairs in OPPOSITES.items()}
        self._ways: dict[str, Way] = {
            "name": self._name,
            "noun": self._noun,
            "verb": self._verb,
            "opposite": self._opposite,
            "figure": self._figure,
            "count": self._count,
            "condition": self._condition,
        }

    def change(self, question: TrainingQuestion, passage: str, random: Random) -> str | None:
        """Return the changed question, or None where no rule applies."""
        return self.change_and_way(question, passage, random)[0]

    def change_and_way(
        self, question: TrainingQuestion, passage: str, random: Random
    ) -> tuple[str | None, str]:
        """Return the changed question with the name of the rule that made it."""
        held = Held(question, passage, random)
        weights = np.array(list(WEIGHTS.values()))
        names = list(WEIGHTS)
        for place in random.choice(len(names), len(names), replace=False, p=weights / weights.sum()):
            if changed := self._ways[names[int(place)]](held):
                return changed, names[int(place)]
        return None, ""

    def _name(self, held: Held) -> str | None:
        """Exchange a name that the passage holds, so that it is the name that makes the difference."""
        names = [
            found for found in _names(held.text, held.language, held.passage) if found[0] in held.passage
        ]
        if not names or LAST_NAME.search(held.text):
            return None
        out = names[int(held.random.integers(len(names)))]
        pools = self._pools(out, held.language)
        pool = next((p for pool in pools if len(p := self._names[held.language, pool]) >= FEWEST_IN_POOL), [])
        own = held.random.random() < FROM_PASSAGE
        if own:
            kinds = set(pools[:-1]) if len(pools) > 1 else set(pools)
            inside = _names(held.passage, held.language, "")
            answer_at = held.question.start or 0
            near = [
                found[0]
                for found in inside
                if abs(found.start() - answer_at) > APART and kinds & set(self._pools(found, held.language))
            ]
            pool, own = (near, True) if near else (pool, False)
        answer = held.passage[held.question.start : held.question.end].casefold()
        for new in _some(pool, held.random):
            alike = set(regex.findall(r"\w+", new.casefold())) & set(regex.findall(r"\w+", out[0].casefold()))
            folded = new.casefold()
            if (
                alike
                or folded[:3] == out[0][:3].casefold()
                or folded in answer
                or answer in folded
                or folded in held.text.casefold()
            ):
                continue
            if own or not held.says(new):
                return _replaced(held.text, out, new)
        return None

    def _pools(self, found: Match, language: str) -> list[str]:
        """The pools that a name belongs to, the narrowest first: its "
        "field, what stands before it, its shape."""
        name = found[0]
        if language in UNSPACED:
            return [f"ends {name[-1]}", "han"] if regex.fullmatch(r"\p{Han}+", name) else [_shape(name)]
        before = regex.search(r"(\w+) $", found.string[max(0, found.start() - 20) : found.start()])
        words = min(3, len(name.split()))
        field = self._terms.field(name) if self._terms and language == "en" else None
        pools = [f"field {field}"] if field else []
        return [*pools, f"{before[1].casefold() if before else ''} {words}", f"words {words}"]

    def _figure(self, held: Held) -> str | None:
        figures = [found for found in FIGURE.finditer(held.text) if found[0] in held.passage]
        if not figures:
            return None
        out = figures[int(held.random.integers(len(figures)))]
        most = 20 if len(out[0]) > 1 else 4
        new = int(out[0]) + int(held.random.integers(1, most)) * (1 if held.random.random() < 0.5 else -1)
        if new <= 1 or held.says(str(new)) or out[0].startswith("0") or int(out[0]) <= LATEST_YEAR < new:
            return None
        return _replaced(held.text, out, str(new))

    def _count(self, held: Held) -> str | None:
        found = COUNTED.search(held.text)
        if found is None:
            return None
        related = self._related(found[2])
        for new in _some(self._counted[held.language, found[1].casefold()], held.random):
            if new.casefold() not in related and not held.says(new.rstrip("s")):
                return held.text[: found.start(2)] + new + held.text[found.end(2) :]
        return None

    def _opposite(self, held: Held) -> str | None:
        """Exchange a word by its opposite: of a small table, or of an English adjective or verb by WordNet."""
        table = self._opposites.get(held.language, {})
        if held.language in UNSPACED:
            found = [regex.search(regex.escape(old), held.text) for old in table if old in held.text]
        else:
            found = [word for word in regex.finditer(r"\w+", held.text) if word[0].casefold() in table]
        choices: list[tuple[Match, str]] = [
            (out, table[out[0].casefold()]) for out in found if out is not None
        ]
        if held.language == "en":
            choices += self._wordnet_opposites(held)
            choices = [(out, new) for out, new in choices if not NO_OPPOSITE.match(held.text, out.start())]
        if not choices:
            return None
        out, new = choices[int(held.random.integers(len(choices)))]
        apart = "" if held.language in UNSPACED else r"\b"
        if regex.search(apart + regex.escape(new) + apart, f"{held.passage} {held.text}", regex.IGNORECASE):
            return None  # the passage may tell that too
        new = new.capitalize() if out[0].istitle() else new
        return _with_article(held.text, out, new) if held.language == "en" else _replaced(held.text, out, new)

    def _wordnet_opposites(self, held: Held) -> Iterator[tuple[Match, str]]:
        if self._terms is not None:
            for out, reading in self._clear_words(held.text):
                known = self._terms.opposites(reading.lemma, reading.part) if reading.part in "av" else ()
                for lemma in (lemma for lemma in known if lemma not in VAGUE):
                    if new := self._terms.inflected(lemma, reading.part, reading.form):
                        yield out, new

    def _noun(self, held: Held) -> str | None:
        """Exchange a noun by another kind of the same kind; first one that the passage holds."""
        if held.language in NOUN_IN_PLACE:
            return self._noun_in_place(held)
        if held.language != "en" or self._terms is None:
            return None
        words = [pair for pair in self._clear_words(held.text) if pair[1].part == "n"]
        said = self._said(held)
        inside = [pair for pair in words if pair[1].lemma in said] or words
        for place in held.random.permutation(len(inside)):
            out, reading = inside[int(place)]
            for lemma in _some(self._terms.sisters(reading.lemma, "n"), held.random):
                new = self._terms.inflected(lemma, "n", reading.form)
                if new and lemma not in VAGUE and not self._stated(lemma, "n", said):
                    return _with_article(held.text, out, new)
        return None

    def _noun_in_place(self, held: Held) -> str | None:
        """Exchange a noun that the passage holds by one that other questions have after the same word."""
        found = [noun for noun in NOUN_IN_PLACE[held.language].finditer(held.text) if noun[2] in held.passage]
        if not found or LAST_NAME.fullmatch(found[0][2]):
            return None
        out = found[int(held.random.integers(len(found)))]
        pool = self._placed[held.language, out[1].casefold()]
        for new in _some(pool if len(pool) >= FEWEST_IN_POOL else [], held.random):
            if new[:SAME_START] != out[2][:SAME_START] and not held.says(new[:-1]):
                return held.text[: out.start(2)] + new + held.text[out.end(2) :]
        return None

    def _verb(self, held: Held) -> str | None:
        """Exchange a verb by one that other questions have in its place and that means something else."""
        if held.language != "en" or self._terms is None:
            return None
        words = [pair for pair in self._clear_words(held.text) if pair[1].part == "v"]
        said = self._said(held)
        for place in held.random.permutation(len(words)):
            out, reading = words[int(place)]
            related = self._terms.related(reading.lemma, "v")
            for new in _some(self._frames[_frame(out, reading.form)], held.random):
                lemma = self._terms.readings(new)[0].lemma
                apart = self._terms.field(lemma, "v") != self._terms.field(reading.lemma, "v")
                if apart and lemma not in related | VAGUE and not self._stated(lemma, "v", said):
                    return _replaced(held.text, out, new)
        return None

    def _condition(self, held: Held) -> str | None:
        """Add a year where the answer is told with another one, or in English a place the passage does not hold."""
        past = PAST.get(held.language)
        if past is None or LAST_NAME.search(held.text) or not regex.search(past, held.text, regex.IGNORECASE):
            return None
        if held.language == "en" and held.random.random() < 0.5:
            if regex.search(r"\b(?:where|in|at|from)\b", held.text, regex.IGNORECASE):
                return None
            for condition in _some(self._conditions, held.random):
                if not any(held.says(word) for word in regex.findall(r"\p{Lu}\w+", condition)):
                    return _before_mark(held.text, condition)
            return None
        start, end = held.question.start or 0, held.question.end or 0
        years = [int(year) for year in YEAR.findall(held.passage[max(0, start - APART) : end + APART])]
        form = IN_YEAR.get(held.language)
        if not years or form is None or ASKS_FOR_TIME.search(held.text) or regex.search(r"\d", held.text):
            return None
        if TIMELESS.search(held.text):
            return None
        new = years[0] + int(held.random.integers(2, 40)) * (1 if held.random.random() < 0.5 else -1)
        if held.says(str(new)) or years[0] <= LATEST_YEAR < new:
            return None
        condition = form.format(new)
        return _before_mark(held.text, condition) if condition.startswith(" ") else condition + held.text

    def _read_frames(self, questions: Sequence[str]) -> None:
        if self._terms is not None:
            for text in questions[:: max(1, len(questions) // MOST_FRAMES_FROM)]:
                for out, reading in self._clear_words(text):
                    if reading.part == "v" and zipf_frequency(reading.lemma, "en") > 3.5:
                        self._frames[_frame(out, reading.form)].append(out[0])

    def _clear_words(self, text: str) -> Iterator[tuple[re.Match[str], Reading]]:
        """Content words whose part of speech is sure, from their frequency as such and the word before."""
        for word in ENGLISH_WORD.finditer(text):
            if word[0] in LIGHT or zipf_frequency(word[0], "en") > FUNCTION_WORD or self._terms is None:
                continue
            readings = self._terms.readings(word[0])
            if not readings or readings[0].lemma in LIGHT:
                continue
            if len(readings) > 1 and readings[0].count < CLEAR * (readings[1].count + 1):
                reading = _by_place(text[: word.start()], readings)
            else:
                reading = readings[0]
            if reading is not None:
                yield word, reading

    def _said(self, held: Held) -> set[str]:
        """The lemmas of passage and question."""
        words = set(re.findall(r"[a-z]+", f"{held.passage} {held.text}".casefold()))
        return {lemma for word in words for lemma in self._terms.lemmas(word)} if self._terms else words

    def _stated(self, lemma: str, part: str, said: set[str]) -> bool:
        """Whether the passage holds the word or one that says the same."""
        return lemma in said or bool(self._terms and self._terms.synonyms(lemma, part) & said)

    def _related(self, word: str) -> frozenset[str]:
        """What must not stand in for a counted thing."""
        terms = self._terms
        readings = terms.readings(word.casefold()) if terms else ()
        near = (terms.related(reading.lemma, reading.part) for reading in readings if terms)
        return frozenset((word.casefold(),)).union(*near)


def _names(text: str, language: str, passage: str) -> "list[regex.Match[str]]":
    """Names by their letters; in Chinese and Thai also what the passage begins with."""
    if language not in UNSPACED:
        return [found for found in LATIN_NAME.finditer(text) if not ROMAN.fullmatch(found[0])]
    found = list((KANJI_NAME if language == "ja" else OTHER_NAME).finditer(text))
    if least := TOPIC.get(language):
        begin = regex.sub(r"^[\p{P}\s]+", "", passage[: 2 * LONGEST_TOPIC])
        topics = (begin[:size].strip() for size in range(LONGEST_TOPIC, least - 1, -1))
        topic = next((topic for topic in topics if len(topic) >= least and topic in text), None)
        if topic and (whole := regex.search(regex.escape(topic), text)):
            found.append(whole)
    return found


def _shape(name: str) -> str:
    """The script of a name, where there are no words before it to tell its kind."""
    scripts = {"katakana": r"[ァ-ヺ]", "latin": r"\p{Latin}", "thai": r"\p{Thai}"}
    return next((script for script, letter in scripts.items() if regex.match(letter, name)), "quoted")


def _by_place(before: str, readings: Sequence[Reading]) -> Reading | None:
    """The noun after an article or a preposition, the verb after "
    "`to` or a pronoun; None where nothing tells."""
    words = before.split()
    previous = words[-1].casefold() if words else ""
    if previous in NOUN_PREVIOUS and previous != "to":
        wanted = "n"
    elif previous in VERB_PREVIOUS:
        wanted = "v"
    else:
        return None
    fitting = [reading for reading in readings if reading.part == wanted and reading.count]
    return fitting[0] if fitting and fitting[0] is readings[0] else None


def _frame(word: "re.Match[str]", form: Form) -> tuple[str, str, str]:
    """What a verb stands between, as far as function words tell; the same verbs fit there."""
    before = re.search(r"([a-z]+)\W*$", word.string[: word.start()].casefold())
    after = re.match(r"\W*([a-z]+)", word.string[word.end() :].casefold())
    sides = (found[1] if found else "" for found in (before, after))
    left, right = (side if not side or zipf_frequency(side, "en") > FUNCTION_WORD else "*" for side in sides)
    return str(form), left, right


def _some(pool: Sequence[str], random: Random) -> Iterator[str]:
    """A few of the pool, at random."""
    for _ in range(min(TRIES, 3 * len(pool))):
        yield pool[int(random.integers(len(pool)))]


def _before_mark(text: str, condition: str) -> str:
    found = regex.search(r" ?[?？؟.]*\s*$", text)
    at = found.start() if found else len(text)
    return text[:at] + condition + text[at:]


def _with_article(text: str, out: Match, new: str) -> str:
    """Replace, with a or an as it has to be."""
    before, after = text[: out.start()], text[out.end() :]
    if found := re.search(r"\b(a|an) $", before):
        before = before[: found.start()] + ("an " if new[0] in "aeiou" else "a ")
    return before + new + after


def _both_ways(pairs: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for pair in pairs.split("|"):
        left, right = pair.split()
        table.setdefault(left, right)
        table.setdefault(right, left)
    return table


def _replaced(text: str, out: Match, new: str) -> str:
    return text[: out.start()] + new + text[out.end() :]
