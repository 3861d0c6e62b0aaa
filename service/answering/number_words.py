"""A text and its language in, whether it holds a number written in words or a word of quantity out."""

from functools import lru_cache

import regex

# Stems of numbers, and of words that answer "how many" without one (half, dozens, several, none). They may be joined
# (einundzwanzig, двенадцатью), so a word of the text counts when it is made of stems, joints and a short ending.
_STEMS = {
    "en": (
        "zero one two three four five six seven eight nine ten eleven twelve thir fif teen twen ty "
        "for hundred thousand million billion trillion dozen score half halves third quarter twice "
        "once thrice double triple single several many few all none no both most majority pair couple "
        "lot additional first second multiple numerous more less infinite infinitely minority much "
        "fraction no-one nobody"
    ),
    "fr": (
        "zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize vingt trente quarante cinquante soixante septante octante nonante cent mille million "
        "milliard billion douzaine dizaine vingtaine centaine millier moitié demi tiers quart double "
        "triple plusieurs aucun tous toutes quelque beaucoup peu majorité seul premi second deuxième "
        "plupart sixi dixi"
    ),
    "de": (
        "null ein eins zwei zwo drei vier fünf sechs sech sieben sieb acht neun zehn elf zwölf zwan zig "
        "ßig hundert tausend million milliarde billion dutzend hälfte halb drittel viertel doppelt "
        "dreifach mal mehrere viel wenige alle kein beide mehrheit meist paar einzige anderthalb erst "
        "zweit dritt fach tel stel"
    ),
    "es": (
        "cero un uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
        "quince dieci veint veinte veinti treinta cuarenta cincuenta sesenta setenta ochenta noventa "
        "cien ciento cientos quinientos mil millon millón millar docena decena mitad medio tercio "
        "tercera cuarto cuarta doble triple varios varias muchos muchas todos todas ningun ningún "
        "ambos mayoría pocos solo único doscient trescient primer segund par"
    ),
    "it": (
        "zero un uno una due tre quattro cinque sei sette otto nove dieci undici dodici tredici "
        "quattordici quindici sedici diciassette diciotto diciannove vent venti trent trenta quarant "
        "quaranta cinquant cinquanta sessant sessanta settant settanta ottant ottanta novant novanta "
        "cento mille mila milion miliard dozzina decina centinaia migliaia metà mezz terzo quarto "
        "doppio triplo molti pochi tutti nessun entrambi"
    ),
    "pt": (
        "zero um uma dois duas três quatro cinco seis sete oito nove dez onze doze treze catorze "
        "quatorze quinze dezesseis dezasseis dezessete dezassete dezoito dezenove dezanove vinte "
        "trinta quarenta cinquenta sessenta setenta oitenta noventa cem cento duzent mil milhão "
        "milhões milhar bilhão bilhões dúzia dezena metade meio terço quarto dobro triplo vários "
        "muitos todos nenhum ambos poucos"
    ),
    "nl": (
        "nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf der veer tig hon derd "
        "honderd duizend miljoen miljard dozijn helft half derde kwart dubbel meerdere veel weinig "
        "alle geen beide enkele"
    ),
    "sv": (
        "noll en ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton "
        "sjutton arton nitton tjugo trettio fyrtio femtio sextio sjuttio åttio nittio hundra tusen "
        "miljon miljard dussin hälften halv flera många alla ingen båda få"
    ),
    "da": (
        "nul en et to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten "
        "sytten atten nitten tyve tredive fyrre halvtreds tres halvfjerds firs halvfems hundred "
        "tusind million milliard dusin halv mange flere alle ingen begge få"
    ),
    "no": (
        "null en ett et to tre fire fem seks sju syv åtte ni ti elleve tolv tretten fjorten femten "
        "seksten sytten atten nitten tjue tretti førti femti seksti sytti åtti nitti hundre tusen "
        "million milliard dusin halv mange flere alle ingen begge få"
    ),
    "pl": (
        "zero jeden jedna jedno dwa dwie dwóch dwu trzy trzech cztery czterech pięć pięci sześć "
        "sześci siedem siedmi osiem ośmi dziewięć dziewięci dziesięć dziesi naście nastu jedenaście "
        "dwanaście dwadzieścia trzydzieści czterdzieści dziesiąt sto dwieście sta set tysiąc tysięc "
        "tysiące milion miliard tuzin połow pół kilka wiele żaden oba wszys"
    ),
    "ru": (
        "ноль нул один одн два две дву двое двух трое три трех трёх четыр четвер пять пят шест сем "
        "восем восьм девят десят дцат надцат сорок девяносто сто сот ста двести тысяч миллион "
        "миллиард триллион дюжин половин пол треть четверть дважды вдвое трижды несколько много мног "
        "никто ни все всех всего оба обе больш мало пар перв втор един кратн четырнадцат одиннадцат "
        "двенадцат тринадцат"
    ),
    "uk": (
        "нуль один одн два дві дво три трьох чотир п'ять пять шіст сім вісім восьм дев'ять десят "
        "дцять надцять сорок сто сот двісті тисяч мільйон мільярд половин кілька багато жоден всі "
        "обидва"
    ),
    "cs": (
        "nula jeden jedna jedno dva dvě tři čtyři čtyř pět pěti šest sedm osm devět deset jedenáct "
        "dvanáct náct dvacet cet desát sto sta set dvě tisíc milion milión miliard tucet polovin půl "
        "několik mnoho žádn oba vše"
    ),
    "ro": (
        "zero un una unu doi două trei patru cinci șase şase șapte şapte opt nouă zece unsprezece "
        "spre zeci sute sută mie mii milion milioane miliard jumătate câteva mulți toate toți niciun "
        "ambele"
    ),
    "hu": (
        "nulla egy kettő két három négy öt hat hét nyolc kilenc tíz tizen húsz huszon harminc negyven "
        "ötven hatvan hetven nyolcvan kilencven száz ezer millió milliárd tucat fele fél több sok "
        "minden mind egyik"
    ),
    "fi": (
        "nolla yksi yhden kaksi kahde kolme neljä viisi viide kuusi kuude seitsemän kahdeksan "
        "yhdeksän kymmenen kymmen toista sata sataa tuhat tuhan miljoona miljard tusina puolet puoli "
        "useita monta kaikki molemmat"
    ),
    "tr": (
        "sıfır bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş seksen "
        "doksan yüz bin milyon milyar düzine yarı yarım birkaç çok tüm hiç ikisi"
    ),
    "el": (
        "μηδέν ένα ένας μία δύο τρεις τρία τέσσερ πέντε έξι επτά εφτά οκτώ οχτώ εννέα εννιά δέκα "
        "έντεκα δώδεκα είκοσι τριάντα σαράντα πενήντα εξήντα εβδομήντα ογδόντα ενενήντα εκατό διακόσι "
        "χίλι χιλιάδες εκατομμύρι δισεκατομμύρι δωδεκάδα μισ πολλ όλ κανέν μερικ"
    ),
    "id": (
        "nol satu se dua tiga empat lima enam tujuh delapan sembilan puluh belas sepuluh sebelas "
        "ratus seratus ribu seribu juta miliar lusin setengah separuh beberapa banyak semua kedua"
    ),
    "ar": (
        "صفر واحد واحدة اثن إثن ثلاث أربع خمس ست سبع ثمان تسع عشر مائة مئة مئت مائت ألف آلاف الف "
        "مليون ملايين مليار نصف ثلث ربع عدة كثير جميع كل لا ضعف بعض"
    ),
    "fa": (
        "صفر یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده بیست سی چهل پنجاه شصت هفتاد هشتاد نود صد "
        "دویست هزار میلیون میلیارد نیم نصف چند همه"
    ),
    "he": (
        "אפס אחד אחת שני שתי שלוש ארבע חמש שש שבע שמונה תשע עשר עשרים מאה מאתיים אלף אלפים מיליון "
        "מיליארד חצי רבע כמה"
    ),
    "hi": (
        "शून्य एक दो तीन चार पाँच पांच छह छः सात आठ नौ दस ग्यारह बारह तेरह बीस तीस चालीस पचास साठ "
        "सत्तर अस्सी नब्बे सौ हज़ार हजार लाख करोड़ आधा कई सभी"
    ),
}
_JOINTS = {
    "de": "und", "nl": "en ën", "es": "i y", "pt": "e", "it": "", "fr": "et", "ar": "و", "ru": "и",
    "tr": "", "da": "og",
}  # fmt: skip
_UNSPACED = {
    "zh": "[零〇一二三四五六七八九十百千万萬亿億兆两兩半几幾多]",
    "ja": "[零〇一二三四五六七八九十百千万億兆半]|いくつ|すべて|全て|ひとつ|ふたつ",
    "ko": (
        "[영일이삼사오육칠팔구십백천만억조](?=\\s|$|[명개년월일원번])|"
        "하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열|한|두|세|네|여러|모든|절반"
    ),
    "th": "ศูนย์|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|สิบ|ร้อย|พัน|หมื่น|แสน|ล้าน|ครึ่ง|หลาย|ทุก",
}
_VIETNAMESE = (
    "không một hai ba bốn năm sáu bảy tám chín mười mươi trăm nghìn ngàn triệu tỷ tỉ nửa nhiều vài tất"
)

NUMBER_LANGUAGES = frozenset({*_STEMS, *_UNSPACED, "vi"})


def has_number_word(text: str, language: str) -> bool | None:
    """Whether a text holds a number in words or a word of quantity; None in a language that is not known here."""
    if language not in NUMBER_LANGUAGES:
        return None
    return _pattern(language).search(text.casefold()) is not None


@lru_cache(maxsize=64)
def _pattern(language: str) -> regex.Pattern[str]:
    if language in _UNSPACED:
        return regex.compile(_UNSPACED[language])
    words = (_STEMS | {"vi": _VIETNAMESE})[language].casefold().split()
    # A short stem ("un", "sto") stands alone or beside other stems; endings are for the longer ones.
    stems = "|".join(regex.escape(stem) for stem in sorted(words, key=len, reverse=True))
    joints = "|".join(_JOINTS.get(language, "").split())
    joint = f"(?:{joints}|)" if joints else ""
    ending = "" if language == "vi" else r"(?:\p{L}{0,4})"
    long_stems = "|".join(
        regex.escape(stem) for stem in sorted(words, key=len, reverse=True) if len(stem) > 3
    )
    start = "[وبلف]?(?:ال)?" if language == "ar" else ""
    parts = [rf"(?:(?:{stems}){joint})+"]
    if ending:
        parts.append(rf"(?:(?:{stems}){joint})*(?:{long_stems}){ending}")
    return regex.compile(rf"(?<!\p{{L}}){start}(?:{'|'.join(parts)})(?!\p{{L}})")
