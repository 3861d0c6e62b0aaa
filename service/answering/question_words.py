"""The words that ask, by language and by what they ask for: one table of patterns, read from top to bottom."""

# Patterns over the question in small letters; the first row that matches decides. Languages with a cased script match
# whole words, the others anywhere (see answer_type). A pattern with ^ stands at the beginning.
Row = tuple[str, str]

QUESTION_WORDS: dict[str, tuple[Row, ...]] = {
    "en": (
        (
            "duration",
            (
                "how long (?!is the|are the|was the (?:river|bridge|line))|for how (?:many|long)|how "
                "much (?:time|longer|earlier|later)|how many (?:seconds|minutes|hours|days|weeks|"
                "months|years|decades|centuries)"
            ),
        ),
        (
            "amount",
            (
                "how much (?:money|did .* (?:cost|pay|spend|raise|earn)|does .* cost)|what (?:sum|"
                "price|amount of money)|how many (?:dollars|euros|pounds)|what was the (?:price|cost)"
            ),
        ),
        (
            "number",
            (
                "how many|how (?:old|far|fast|tall|high|heavy|deep|wide|large|big|often)\\b|(?:what|"
                "which) (?:percent(?:age)?|percentage|share|proportion|number)"
            ),
        ),
        ("reason", "why|for what reason|on what grounds|what (?:was|is|were) the reasons?"),
        (
            "date",
            (
                "^when|, when|\\bwhen (?:was|were|did|is|will|does|had)\\b|(?:what|which) (?:year|month|"
                "day|date|century|decade)|since when|until when"
            ),
        ),
        (
            "person",
            (
                "^who\\b(?! (?:is|was) the (?:team|company))|^whom\\b|\\bby whom\\b|(?:which|what) "
                "(?:person|president|minister|scientist|player|actor|king|queen|emperor)\\b"
            ),
        ),
        (
            "place",
            (
                "^where\\b|in (?:which|what) (?:country|city|town|village|county|place|region|state|"
                "province|district)"
            ),
        ),
        (
            "yes_no",
            (
                "^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should) "
                "(?!.*\\b(?:what|which|how|who|where|when)\\b)"
            ),
        ),
        ("list", "^(?:name|list|enumerate) "),
    ),
    "fr": (
        (
            "duration",
            (
                "combien de temps|combien d['’ ]?e? ?(?:années|ans|jours|heures|mois|semaines|minutes)|"
                "depuis combien|pendant combien|quelle (?:est|fut|était) la durée"
            ),
        ),
        (
            "amount",
            (
                "combien d['’](?:euros|argent)|combien de (?:dollars|francs)|combien (?:a |ont "
                ")?(?:coût|pay)|à quel prix|quel (?:est|était|fut) le (?:prix|coût|montant)|quelle "
                "somme"
            ),
        ),
        (
            "number",
            ("\\bcombien\\b|quel(?:le)? (?:pourcentage|proportion|part\\b|est le nombre|était le nombre)"),
        ),
        ("reason", "pourquoi|pour quelles? raisons?|quelles? (?:est|sont|était) l(?:a|es) raisons?"),
        (
            "date",
            (
                "^quand|\\bquand (?:a|ont|est|sont|fut|était|le|la)\\b|quelle (?:année|date|est la date)|"
                "quel (?:jour|mois|siècle)|jusqu['’]à quand"
            ),
        ),
        ("person", "^qui (?!est-ce qui)|^(?:par|de|avec|à) qui\\b|qui est-ce qui"),
        (
            "place",
            (
                "^où\\b|^d['’]où|dans quel(?:le)? (?:ville|pays|région|lieu|village|province|"
                "département)|quel est le pays"
            ),
        ),
        ("yes_no", "^est-ce que|^(?:y )?a-t-(?:il|elle|on)|^(?:est|sont)-(?:il|elle|ce)"),
        ("list", "^(?:citez|nommez|énumérez)"),
    ),
    "de": (
        (
            "duration",
            (
                "wie lange|wie viele? (?:sekunden|minuten|stunden|tage|wochen|monate|jahre|"
                "jahrzehnte)\\b|wie viel(?:e)? zeit"
            ),
        ),
        (
            "amount",
            (
                "wie ?viel (?:geld|euro|dollar|kostet|hat .* gekostet)|wie hoch (?:war|ist|waren|sind) "
                "(?:der preis|die kosten)"
            ),
        ),
        (
            "number",
            (
                "wie ?viele?|wie (?:alt|weit|schnell|hoch|groß|schwer|tief|oft)\\b|welcher "
                "(?:prozentsatz|anteil)"
            ),
        ),
        ("reason", "warum|weshalb|wieso|aus welche[mn] gr[uü]nd"),
        (
            "date",
            (
                "^wann|\\bwann (?:wurde|wurden|hat|war|ist|fand)\\b|welche[msn]? (?:jahr|tag|monat|datum|"
                "jahrhundert|jahrzehnt)|seit wann|bis wann"
            ),
        ),
        ("person", "^(?:wer|wen|wem)\\b|^von wem|^mit wem|^durch wen"),
        (
            "place",
            ("^wo\\b|^wohin|^woher|in welche[mnr] (?:stadt|land|region|ort|dorf|bundesstaat|provinz|bezirk)"),
        ),
        ("yes_no", "^(?:ist|sind|war|waren|hat|haben|hatte|wurde|wurden|kann|gibt|wird) "),
        ("list", "^(?:nenne|nennen sie)"),
    ),
    "es": (
        (
            "duration",
            (
                "cuánto tiempo|cuánt[oa]s (?:segundos|minutos|horas|días|semanas|meses|años|décadas|"
                "siglos)|cuánto (?:dur|tard)"
            ),
        ),
        (
            "amount",
            (
                "cuánto (?:dinero|cuesta|costó|pagó|costaron)|cuánt[oa]s (?:euros|dólares|libras)|"
                "(?:cuál|qué) (?:es|fue|era) el (?:precio|coste|costo)"
            ),
        ),
        ("number", "\\bcuánt[oa]s?\\b|qué (?:porcentaje|proporción|edad|número)"),
        ("reason", "por qué (?!nombre|medio|parte|cosa|camino|lado|tipo)|por qué razón|a qué se deb"),
        ("date", "\\bcuándo\\b|(?:en|de) qué (?:año|fecha|mes|día|siglo|década)|qué año"),
        ("person", "^¿?(?:a |de |por |con )?quién(?:es)?\\b"),
        (
            "place",
            (
                "^¿?(?:de |a |en |hacia )?dónde\\b|^¿?adónde|en qué (?:ciudad|país|región|lugar|pueblo|"
                "provincia|estado)"
            ),
        ),
        ("list", "^¿?(?:enumere|nombre|cite) "),
    ),
    "it": (
        ("duration", "quanto tempo|quant[ie] (?:anni|mesi|giorni|ore|minuti|settimane)|per quanto"),
        ("amount", "quanto (?:costa|è costat|denaro|ha pagato)|quanti (?:euro|dollari)"),
        ("number", "\\bquant[oiae]\\b|quale percentuale"),
        ("reason", "perché|per quale motivo"),
        ("date", "\\bquando\\b|in (?:che|quale) (?:anno|data|mese|giorno|secolo)"),
        ("person", "^(?:chi|da chi|a chi|con chi)\\b"),
        ("place", "^(?:da )?dove|^dov['’]è|in (?:quale|che) (?:città|paese|regione|luogo)"),
    ),
    "pt": (
        ("duration", "quanto tempo|quant[oa]s (?:anos|meses|dias|horas|minutos|semanas)"),
        ("amount", "quanto (?:custa|custou|dinheiro|pagou)|quantos (?:euros|dólares|reais)"),
        ("number", "\\bquant[oa]s?\\b|(?:que|qual) (?:a )?(?:percentagem|porcentagem)"),
        ("reason", "por ?qu[eê]\\b|por que razão"),
        ("date", "\\bquando\\b|em que (?:ano|data|mês|dia|século)"),
        ("person", "^(?:de |por |a |com )?quem\\b"),
        ("place", "^(?:de |para )?onde\\b|^aonde|em que (?:cidade|país|região|lugar)"),
    ),
    "nl": (
        ("duration", "hoe ?lang|hoeveel (?:jaar|jaren|dagen|uur|maanden|weken|minuten|tijd)"),
        ("amount", "hoeveel (?:geld|euro|dollar|kost)"),
        ("number", "hoeveel|hoe (?:oud|ver|hoog|groot|zwaar|vaak)\\b|welk percentage"),
        ("reason", "waarom|om welke reden"),
        ("date", "^wanneer|in welk jaar|op welke (?:dag|datum)"),
        ("person", "^(?:wie|door wie|aan wie|met wie)\\b"),
        ("place", "^waar (?!van|in|om|voor)|^waarheen|in welk(?:e)? (?:stad|land|plaats|regio)"),
    ),
    "sv": (
        ("duration", "hur länge|hur lång tid|hur många (?:år|dagar|timmar|månader|veckor|minuter)"),
        ("amount", "hur mycket (?:pengar|kost)|hur många (?:kronor|euro|dollar)"),
        ("number", "hur (?:många|mycket|gammal|långt|hög|stor|tung|ofta)"),
        ("reason", "varför"),
        ("date", "^när\\b|vilket (?:år|datum)|vilken dag"),
        ("person", "^vem\\b|^av vem|^vilka personer"),
        ("place", "^var\\b|^vart\\b|^varifrån|i vilk(?:en|et) (?:stad|land|ort)"),
    ),
    "da": (
        ("duration", "hvor længe|hvor lang tid|hvor mange (?:år|dage|timer|måneder|uger)"),
        ("number", "hvor (?:mange|meget|gammel|langt|høj|stor|ofte)"),
        ("reason", "hvorfor"),
        ("date", "^hvornår|hvilket år|hvilken (?:dag|dato)"),
        ("person", "^hvem\\b|^af hvem"),
        ("place", "^hvor (?!mange|meget|længe|lang)|i hvilke[nt] (?:by|land)"),
    ),
    "no": (
        ("duration", "hvor lenge|hvor lang tid|hvor mange (?:år|dager|timer|måneder|uker)"),
        ("number", "hvor (?:mange|mye|gammel|langt|høy|stor|ofte)"),
        ("reason", "hvorfor"),
        ("date", "^når\\b|hvilket år|hvilken (?:dag|dato)"),
        ("person", "^hvem\\b|^av hvem"),
        ("place", "^hvor (?!mange|mye|lenge|lang)|i hvilke[nt] (?:by|land)"),
    ),
    "pl": (
        ("duration", "jak długo|ile (?:lat|dni|godzin|miesięcy|tygodni|minut|czasu)"),
        ("amount", "ile (?:kosztuje|kosztował|pieniędzy|zapłac)|ile (?:euro|dolarów|złotych)"),
        ("number", "\\bil[eu]\\b|jaki (?:procent|odsetek)"),
        ("reason", "dlaczego|czemu|z jakiego powodu"),
        ("date", "^kiedy|w którym roku|którego dnia|od kiedy|do kiedy"),
        ("person", "^(?:kto|kogo|komu|przez kogo|z kim|kim)\\b"),
        ("place", "^(?:gdzie|dokąd|skąd)\\b|w (?:którym|jakim) (?:kraju|mieście)"),
        ("yes_no", "^czy "),
    ),
    "ru": (
        (
            "duration",
            (
                "как (?:долго|давно)|сколько (?:времени|секунд|минут|часов|дней|недель|месяцев|лет|"
                "веков)|в течение какого"
            ),
        ),
        (
            "amount",
            (
                "сколько (?:денег|стоил|стоит|заплатил|евро|долларов|рублей)|какова? (?:цена|"
                "стоимость)|какую сумму"
            ),
        ),
        ("number", "\\bсколько\\b|какой процент|какая доля|какова доля|скольк(?:их|ими|им)"),
        ("reason", "почему|отчего|зачем|по какой причине|из-за чего"),
        (
            "date",
            (
                "\\bкогда (?:был|была|было|были|он|она|началось|произош|вышл)|^когда|в каком (?:году|"
                "месяце|веке)|како(?:го|е) числ|в какой день|с какого года"
            ),
        ),
        ("person", "^(?:кто|кого|кому|кем|у кого|с кем|о ком)\\b"),
        (
            "place",
            (
                "^(?:где|куда|откуда)\\b|в как(?:ом|ой) (?:городе|стране|регионе|области|районе|"
                "провинции|штате)"
            ),
        ),
        ("yes_no", "^\\w+ ли "),
    ),
    "uk": (
        ("duration", "як довго|скільки (?:часу|днів|годин|років|місяців|тижнів)"),
        ("number", "\\bскільки|який відсоток"),
        ("reason", "чому|навіщо|з якої причини"),
        ("date", "^коли|у якому році|в якому році|якого числа"),
        ("person", "^(?:хто|кого|кому|ким)\\b"),
        ("place", "^(?:де|куди|звідки)\\b|в якому місті|у якій країні"),
        ("yes_no", "^чи "),
    ),
    "cs": (
        ("duration", "jak dlouho|kolik (?:let|dní|hodin|měsíců|týdnů|minut|času)"),
        ("amount", "kolik (?:peněz|stál|stojí|zaplatil|eur|korun)"),
        ("number", "\\bkolik"),
        ("reason", "proč|z jakého důvodu"),
        ("date", "^kdy|v kterém roce|kterého dne|ve kterém roce"),
        ("person", "^(?:kdo|koho|komu|kým)\\b"),
        ("place", "^(?:kde|kam|odkud)\\b|ve? které[m]? (?:městě|zemi)"),
        ("yes_no", "^zda "),
    ),
    "ro": (
        ("duration", "cât timp|câți ani|câte (?:zile|ore|luni|săptămâni)"),
        ("amount", "cât (?:costă|a costat|a plătit)|ce sumă"),
        ("number", "\\bcâ[tț][iăe]?\\b|ce procent"),
        ("reason", "de ce\\b|din ce (?:cauză|motiv)"),
        ("date", "^când|în ce (?:an|zi|lună|dată)"),
        ("person", "^(?:pe |de către |cu )?cine\\b|^cui\\b"),
        ("place", "^(?:de )?unde\\b|în ce (?:oraș|țară|loc)"),
    ),
    "hu": (
        ("duration", "mennyi idei?g|meddig|hány (?:évig|napig|óráig|hónapig|hétig|éven)"),
        ("amount", "mennyibe|mennyi pénz"),
        ("number", "\\bhány|\\bmennyi"),
        ("reason", "miért|mi okból"),
        ("date", "^mikor|melyik évben|hányban"),
        ("person", "^(?:ki|kit|kinek|kivel|kik)\\b"),
        ("place", "^(?:hol|hová|honnan)\\b|melyik (?:városban|országban)"),
    ),
    "fi": (
        ("duration", "kuinka kauan|miten kauan|kuinka monta (?:vuotta|päivää|tuntia|kuukautta|viikkoa)"),
        ("amount", "paljonko .* maks|kuinka paljon rahaa"),
        ("number", "kuinka (?:mon|paljon|usein)|montako|miten monta|paljonko"),
        ("reason", "miksi|mistä syystä"),
        ("date", "^milloin|^koska\\b|minä (?:vuonna|päivänä)"),
        ("person", "^(?:kuka|kenet|kenelle|kenen|ketkä|ketä)\\b"),
        ("place", "^(?:missä|mihin|mistä|minne)\\b(?! (?:syystä|vuonna))"),
    ),
    "tr": (
        ("duration", "ne kadar süre|kaç (?:yıl|gün|saat|ay|hafta|dakika)"),
        ("amount", "ne kadar (?:para|öde)|kaç (?:lira|euro|dolar)|kaça"),
        ("number", "\\bkaç\\b|yüzde kaç|ne kadar"),
        ("reason", "\\bneden (?!ol)|\\bniçin|\\bniye"),
        ("date", "ne zaman|hangi (?:yıl|tarih|gün)"),
        ("person", "\\bkim(?:in|e|i|ler|den)?\\b"),
        ("place", "\\bnere(?:de|ye|den|si)|hangi (?:şehir|ülke)"),
    ),
    "el": (
        ("duration", "πόσο (?:καιρό|χρόνο)|πόσ(?:α|ες) (?:χρόνια|μέρες|ώρες|εβδομάδες)|πόσους μήνες"),
        ("amount", "πόσα χρήματα|πόσο (?:κόστισε|κοστίζει)"),
        ("number", "\\bπόσ(?:οι|ες|α|ο|ους|η|ος|ων)"),
        ("reason", "γιατί|για ποιο λόγο"),
        ("date", "^πότε|ποιο έτος|ποια (?:χρονιά|ημερομηνία)"),
        ("person", "^(?:ποιος|ποιοι|ποιον)\\b|^από ποιον"),
        ("place", "^(?:από )?πού\\b|σε ποια (?:πόλη|χώρα)"),
    ),
    "id": (
        ("duration", "berapa lama|berapa (?:tahun|hari|jam|bulan|minggu)"),
        ("amount", "berapa (?:harga|biaya|uang)"),
        ("number", "\\bberapa"),
        ("reason", "mengapa|kenapa"),
        ("date", "^kapan|tahun berapa|tanggal berapa"),
        ("person", "^(?:siapa|oleh siapa)"),
        ("place", "^(?:di |ke |dari )?mana\\b|^di (?:kota|negara) mana"),
        ("yes_no", "^apakah"),
    ),
    "vi": (
        ("duration", "bao lâu|bao nhiêu (?:năm|ngày|giờ|tháng|tuần)|mấy (?:năm|ngày)"),
        ("amount", "bao nhiêu tiền"),
        ("number", "bao nhiêu|\\bmấy\\b"),
        ("reason", "tại sao|vì sao"),
        ("date", "khi nào|năm nào|ngày nào|bao giờ"),
        ("person", "^ai\\b|\\bbởi ai\\b|\\blà ai\\b"),
        ("place", "ở đâu|nơi nào|(?:thành phố|nước|quốc gia) nào"),
    ),
    "ar": (
        ("duration", "كم (?:من الوقت|استغرق|سنة|يوما|يومًا|ساعة|شهرا|عاما)"),
        ("amount", "كم (?:يكلف|كلف|دفع|سعر|تكلفة)|ما (?:سعر|تكلفة)"),
        ("number", "(?:^|\\s)ب?كم(?:\\s|$)|ما عدد|ما نسبة|كم عدد"),
        ("reason", "لماذا|ما سبب|لم\\s"),
        ("date", "متى|في أي (?:عام|سنة|يوم|شهر|تاريخ)"),
        ("person", "^(?:من الذي|من هو|من هي|مَن|لمن)|^من\\s(?!أين|أي|المدن|بين|خلال)"),
        ("place", "أين|في أي (?:مدينة|بلد|دولة|منطقة)"),
        ("yes_no", "^هل"),
    ),
    "fa": (
        ("duration", "چه مدت|چند (?:سال|روز|ساعت|ماه|هفته)"),
        ("amount", "چقدر (?:پول|هزینه)"),
        ("number", "چند|چقدر|چه تعداد|چه درصد"),
        ("reason", "چرا|به چه دلیل"),
        ("date", "چه زمانی|چه وقت|چه سالی|کی\\s"),
        ("person", "چه کسی|چه کسانی|کیست"),
        ("place", "کجا|کدام (?:شهر|کشور)"),
        ("yes_no", "^آیا"),
    ),
    "he": (
        ("duration", "כמה (?:זמן|שנים|ימים|שעות|חודשים|שבועות)"),
        ("amount", "כמה (?:כסף|עלה|עולה|שילם)"),
        ("number", "כמה|מה מספר|איזה אחוז"),
        ("reason", "מדוע|למה|מאיזו סיבה"),
        ("date", "^מתי|באיזו שנה|באיזה תאריך"),
        ("person", "^(?:מי|את מי|למי|על ידי מי)(?:\\s|$)"),
        ("place", "^(?:איפה|היכן|לאן|מאיפה)|באיזו (?:עיר|מדינה)"),
        ("yes_no", "^האם"),
    ),
    "hi": (
        ("duration", "कितने (?:समय|साल|दिन|घंटे|महीने|वर्ष)|कितनी देर"),
        ("amount", "कितने (?:रुपये|पैसे|डॉलर)|कितना (?:खर्च|पैसा)"),
        ("number", "कितन[ेाी]|कितने प्रतिशत"),
        ("reason", "क्यों"),
        ("date", "कब|किस (?:वर्ष|साल|दिन|तारीख)"),
        ("person", "^(?:कौन|किसने|किसे)|कौन (?:था|है|थे)"),
        ("place", "कहाँ|कहां|किस (?:शहर|देश)"),
        ("yes_no", "^क्या .*(?:है|था|थी|थे|हैं)\\??$"),
    ),
    "zh": (
        ("duration", "多长时间|多久|几(?:年|天|小时|个月|周)|多少(?:年|天|小时)|多長時間"),
        ("amount", "多少(?:钱|錢|美元|欧元|元)|价格是多少"),
        ("number", "多少|几(?:个|名|人|次)|幾|百分之几|多(?:大|高|远|重)"),
        ("reason", "为什么|為什麼|为何|何以|什么原因"),
        ("date", "什么时候|什麼時候|何时|何時|哪(?:一)?年|哪(?:一)?天|几月|几号"),
        ("person", "谁|誰|何人"),
        ("place", "哪里|哪裡|在哪|何处|何地|哪个(?:国家|城市|地方|省)"),
        ("yes_no", "吗[？?]?$|嗎[？?]?$|是否"),
    ),
    "ja": (
        ("duration", "どのくらいの(?:間|期間|時間)|何(?:年間|日間|時間|か月|ヶ月|週間)|いつまで"),
        ("amount", "いくら|何(?:円|ドル|ユーロ)"),
        ("number", "何(?:人|個|回|パーセント|台|つ|件|歳|名)|いくつ|どれ(?:くらい|だけ)|どのくらい"),
        ("reason", "なぜ|どうして|何故"),
        ("date", "いつ|何(?:年|月|日|曜日|時)"),
        ("person", "誰|だれ|どなた"),
        ("place", "どこ|どの(?:国|都市|町|街)"),
    ),
    "ko": (
        ("duration", "얼마나 (?:오래|오랫동안)|몇 (?:년|일|시간|달|개월|주) ?(?:동안|간)"),
        ("amount", "얼마(?:의 돈|를|입니까|예요|나 지불)"),
        ("number", "몇|얼마나|얼마"),
        ("reason", "왜|무슨 이유"),
        ("date", "언제|몇 ?년에|며칠|어느 해"),
        ("person", "누가|누구"),
        ("place", "어디|어느 (?:나라|도시|국가)"),
    ),
    "th": (
        ("duration", "นานเท่าไ|นานแค่ไหน|กี่(?:ปี|วัน|ชั่วโมง|เดือน|สัปดาห์)"),
        ("amount", "ราคาเท่าไ|กี่บาท|เงินเท่าไ"),
        ("number", "กี่|เท่าไร|เท่าไหร่|เท่าใด|จำนวนเท่า"),
        ("reason", "ทำไม|เพราะเหตุใด|เพราะอะไร"),
        ("date", "เมื่อไร|เมื่อไหร่|เมื่อใด|ปีใด|ปีไหน|วันที่เท่า"),
        ("person", "ใคร|ผู้ใด"),
        ("place", "ที่ไหน|ที่ใด|ประเทศใด|เมืองใด"),
        ("yes_no", "หรือไม่|ไหม"),
    ),
}

# A question for several things: a plural after "which", or two question words joined by "and".
ASKS_FOR_SEVERAL: dict[str, str] = {
    "en": (
        "\\b(?:which|what) (?:(?:two|three|four|five|six|seven|other|big|main|major|\\w+ing) "
        ")*(?!was|is|does|has|status|address|process|class|campus|business|basis|crisis|virus|"
        "loss|boss|access|success|progress|congress|gas|bus|series|species|news|"
        "analysis)\\w{3,}[^su\\W]s\\b(?! (?:is|was|has|does)\\b)|\\b(?:which|what) (?:people|"
        "children|men|women|countries|cities|are|were) |^who (?:are|were)\\b|^(?:name|list) "
    ),
    "fr": "\\bquel(?:le)?s\\b|^(?:citez|nommez)|\\blesquel(?:le)?s\\b|qui sont\\b",
    "de": (
        "^(?:nenne|nennen)|welche (?:zwei|drei|vier|fünf|beiden|anderen)|welche (?=\\p{L}+(?:en|"
        "er|e|n|s)\\b (?:sind|waren|wurden|haben|hatten|werden|gehören))|wer (?:sind|waren)\\b"
    ),
    "es": (
        "\\bcuáles\\b|\\bquiénes\\b|\\bqué (?:dos|tres|cuatro|otros|otras)\\b|qué \\w{3,}[aeo]s "
        "(?:son|eran|fueron|han|se)\\b"
    ),
    "it": "\\bquali\\b",
    "pt": "\\bquais\\b",
    "nl": "welke (?:twee|drie|\\w+en) ",
    "sv": "\\bvilka\\b",
    "da": "\\bhvilke\\b",
    "no": "\\bhvilke\\b",
    "pl": "\\b(?:które|jakie|którzy|jacy)\\b",
    "ru": "\\b(?:какие|каких|каким|какими|которые|кто такие)\\b(?! (?:является|относится))",
    "uk": "\\b(?:які|яких)\\b",
    "cs": "\\b(?:které|jaké|kteří)\\b (?:jsou|byly|byli)",
    "ro": "\\b(?:care sunt|ce fel de)\\b",
    "tr": "\\b(?:hangileri|kimler|nelerdir|neler)\\b",
    "el": "\\b(?:ποιοι|ποιες|ποια είναι τα)\\b",
    "hu": "\\b(?:kik|melyek|milyenek)\\b",
    "fi": "\\b(?:mitkä|ketkä|millaiset)\\b",
    "ar": "ما هي (?:ال\\p{L}+ات)|من هم",
    "zh": "哪些|哪几|哪两",
    "ja": "どの.{0,6}(?:々|たち)|何と何",
    "ko": "누구누구|어떤 것들",
    "th": "อะไรบ้าง|ใครบ้าง|ใดบ้าง",
    "id": "apa saja|siapa saja",
    "vi": "những \\w+ nào|những ai",
    "hi": "कौन-कौन|क्या-क्या",
    "fa": "کدام .*ها",
    "he": "אילו|אלו",
}
AND = "and et und y e en och og i и і a și és ja ve και dan và و ו और 和 と 그리고 และ"

# Any word that asks, by language: a question without one asks for yes or no ("¿Piensa Tayikistán intervenir?").
ASKING: dict[str, str] = {
    "en": r"what|which|who|whom|whose|when|where|why|how|name|list",
    "fr": r"qui|que|quoi|quels?|quelles?|lesquels?|lesquelles?|laquelle|lequel|quand|où|pourquoi|comment|combien|qu",
    "de": r"wer|wen|wem|wessen|was|wann|wo|woher|wohin|warum|wieso|weshalb|weswegen|wie|wieviele?|welche[rsnm]?|"
    r"wo(?:mit|durch|für|von|bei|nach|rauf|rin|ran|raus|rüber|gegen|zu|rum|rauf)",
    "es": r"qu[eé]|qui[eé]n(?:es)?|cu[aá]l(?:es)?|cu[aá]ndo|d[oó]nde|ad[oó]nde|c[oó]mo|cu[aá]nt[oa]s?|cu[aá]n",
    "it": r"chi|che|cosa|quali?|quando|dove|perch[eé]|come|quant[oiae]|qual",
    "pt": r"qu[eê]|quem|qua(?:l|is)|quando|onde|como|quant[oa]s?|por ?qu[eê]",
    "nl": r"wie|wat|welke?|wanneer|waar\p{L}*|waarom|hoe|hoeveel",
    "ru": r"кто|кого|кому|кем|ком|что|чего|чему|чем|чём|где|когда|почему|зачем|отчего|как|как(?:ой|ая|ое|ие|ого|ому|ом|"
    r"их|им|ими|ую|ою)|сколько|скольких|скольким|скольки[м]?|чей|чь\p{L}+|каков\p{L}*|назовите|куда|откуда|котор\p{L}+|насколько",
}

# "What happened?": the sentence answers, no part of it does.
EVENT: dict[str, str] = {
    "ar": "ماذا (?:حدث|حصل|جرى)",
    "de": r"was (?:ist |war |ist\b.* )?(?:passiert|geschehen|geschah|vorgefallen|los)\b",
    "en": r"what (?:\p{L}+ )?(?:happened|happens|took place|occurred|went on)\b",
    "es": r"qué (?:pasó|pasa|ocurrió|ocurre|sucedió|sucede|ha (?:pasado|ocurrido|sucedido))\b",
    "fr": r"que s['’]est-il passé|qu['’]est-il arrivé|que se passe-t-il|qu['’]est-ce qui s['’]est passé",
    "it": r"(?:che )?cos['’ ]?a? ?è (?:successo|accaduto|avvenuto)|che è successo",
    "ja": "何が(?:起き|起こ|あっ|あり)",
    "nl": r"wat (?:is er |er )?(?:gebeurde|gebeurd)\b",
    "pl": r"co się (?:stało|wydarzyło)",
    "pt": r"o que (?:aconteceu|ocorreu|houve)",
    "ru": "что (?:произошло|случилось|происходит|произошел)",
    "tr": "ne oldu|neler oldu",
    "zh": "发生了什么|發生了什麼|出了什么事",
}
