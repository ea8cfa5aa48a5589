"""People, places and organisations that no record names, in the voices of those who write such notes."""

import pytest

from broker.screening.screen import Screen

SCREEN = Screen(
    names_of_organisations=["Argyle Primary School", "St Anne's Catholic Primary School", "The Cherry Tree School", "HMP Leeds", "Eton", "Lane End"]
)

NAMED = [
    ("his nan Doreen picked him up", "Doreen"),
    ("mum's ex (Kev) turned up", "Kev"),
    ("went to auntie Bev's for tea", "Bev"),
    ("PC 4412 Hughes attended", "Hughes"),
    ("pc hughes attended", "hughes"),
    ("DS Patel from CPU", "Patel"),
    ("Sgt Hope was informed", "Hope"),
    ("OIC is DC 1187", "1187"),
    ("spoke to Mrs Woods at the gate", "Woods"),
    ("mrs woods rang", "woods"),
    ("told Miss T about it", "T"),
    ("a lad called Tyreece", "Tyreece"),
    ("a girl named skye", "skye"),
    ("known as Smiler on the estate", "Smiler"),
    ("aka Ghost", "Ghost"),
    ("he said his name was barnaby", "barnaby"),
    ("Kyrahn (7) and the baby", "Kyrahn"),
    ("kyrahn aged 9 was upset", "kyrahn"),
    ("saw Zephaniah, her brother, hit mum", "Zephaniah"),
    ("step-dad gary was there", "gary"),
    ("her boyfriend mark was shouting", "mark"),
    ("mum and will were arguing, will said he would go", "will said"),
    ("with Grace and Rose", "Rose"),
    ("Rose was upset", "Rose"),
    ("Mark's van was outside", "Mark"),
    ("Will and Jasmine walked home", "Will"),
    ("frank opened the door. he said grace was asleep", "grace"),
    ("COLE, Darren arrested", "COLE"),
    ("AGREED WITH SHANICE THAT SHE WILL COLLECT", "SHANICE"),
    ("SPOKE TO MR OKONKWO", "OKONKWO"),
    ("Fatuma and her children", "Fatuma"),
    ("Nkechi's brother Obinna", "Obinna"),
    ("lives with dziadek Zbyszek", "Zbyszek"),
    ("seen with an older male, Ionut", "Ionut"),
    ("mum's cousin bogdan", "bogdan"),
    ("asked xiaoming if he was ok", "xiaoming"),
    ("Her half-sister Siân", "Siân"),
    ("friend of Llŷr", "Llŷr"),
    ("J. Okereke signed", "Okereke"),
    ("Dr. Oyelaran prescribed", "Oyelaran"),
    ("Cllr Hope Ashworth", "Ashworth"),
    ("manager, Penelope Featherstonehaugh", "Featherstonehaugh"),
    ("social worker Jo has been", "Jo"),
    ("rang Ms. O'Grady back", "O'Grady"),
    ("Mum said Jaydon-Lee hit him", "Jaydon"),
    ("k3v1n came", "k3v1n"),
    ("dad, wayne, left", "wayne"),
    ("shazza n kev were off their heads", "shazza"),
    ("Regards, Ngozi", "Ngozi"),
    ("i told shanice to stop", "shanice"),
    ("mum rang mohammed", "mohammed"),
    ("Kenzo was seen. later kenzo ran off", "kenzo ran"),
    ("the child ran to Mrs. Begum's", "Begum"),
    ("Uncle Des came", "Des"),
    ("her partner is Abdifatah", "Abdifatah"),
    ("ex-husband, Grzegorz", "Grzegorz"),
    ("lives at 9 harcourt road", "harcourt road"),
    ("14 Larch Close", "Larch"),
    ("the flat on Mill Lane", "Mill Lane"),
    ("parked on mill lane", "mill lane"),
    ("she is in Flat 3", "Flat 3"),
    ("outside Tesco on the High Street", "High Street"),
    ("OUTSIDE 22 TANNERY ROW", "TANNERY"),
    ("moved to Leeds", "Leeds"),
    ("moved to leeds", "leeds"),
    ("found in Reading", "Reading"),
    ("born in Stoke on Trent", "Stoke"),
    ("staying near farnwick", "farnwick"),
    ("at number 44", "44"),
    ("attends Meadowbank School", "Meadowbank"),
    ("attends meadowbank school", "meadowbank"),
    ("at the Willows Nursery", "Willows"),
    ("Meadow Primary called", "Meadow"),
    ("at St Jude's", "Jude"),
    ("st marys church hall", "st marys"),
    ("seen at Puffin Ward", "Puffin"),
    ("drinking in the Malt Shovel", "Malt Shovel"),
    ("attends Argyle primary", "Argyle"),
    ("went to the cherry tree school", None),
    ("at The Cherry Tree School", "Cherry"),
    ("in Little Barrow", "Barrow"),
    ("off Old Mill Lane", "Old Mill"),
    ("12 Larchfield is at the end, at 12 Larchfield", "Larchfield"),
    ("HMP Leeds visit", "HMP Leeds"),
    ("Refuge: Willowbank Refuge", "Willowbank"),
    ("on the Kingsmead estate", "Kingsmead"),
    ("the Station Road surgery", "Station Road"),
    ("seen by abdul rahman al masri", "masri"),
    ("sergeant pike attended", "pike"),
    ("SO Whittle spoke to him", "Whittle"),
]  # fmt: skip
"""A text, and a part of it that must be found; None: nothing may be."""


@pytest.mark.parametrize(("text", "part"), NAMED, ids=[text for text, _ in NAMED])
def test_who_and_where_is_found(text: str, part: str | None) -> None:
    spans = SCREEN.scan(text, ())
    if part is None:
        assert not spans
        return
    start = text.index(part)
    assert any(one.start < start + len(part) and start < one.end for one in spans)


CLEAR = [
    "Will may be late",
    "Will she be seen? May I ask?",
    "There is a mark on her arm.",
    "Hope she is ok. hope you are well",
    "May half term was hard. In May she moved class.",
    "On 3 May she was seen, on 3 November she was not.",
    "Monday to Friday the DSL, SENCO, HV and SW met. MARAC, MASH and CAMHS informed.",
    "Plays Minecraft and Fortnite on his PlayStation, watches TikTok and YouTube.",
    "Police attended. Officers spoke to both adults. PC on scene. The health visitor came.",
    "Children's Services and Ofsted were told. A&E. NSPCC. GP.",
    "The boys went to the park, then home along the main road and down a side street.",
    "She was drunk. He was in the kitchen. Mum was upset. Dad left at 9pm.",
    "attnded home adress, child was in bed an apeared well. no cocnerns",
    "mum sed she wud ring bk tomorow. he dosent like it wen they shout",
    "VERBAL ARGUMENT ONLY. CHILD SAFE AND WELL. NO OFFENCES. NFA.",
    "The child is aged 7. The other is 9 years old. At 22:30 last night. 3 adults, 2 kids.",
    "He has Art and English on Tuesday and likes Science.",
    "Core Group, Strategy Meeting and Initial Child Protection Conference to follow. Section 47.",
    "Concern: Emotional abuse. Action: Parents contacted. Outcome: Monitoring.",
    "She ran to the close, it was a close call, on the way home.",
    "He said \"leave me alone\" and went to his room.",
    "Attendance 84%. Year 5. Key Stage 2. KS2. Y7. 10B.",
    "I'm worried. I am scared. It's hard. This is not ok.",
    "Breakfast Club from Monday. After School Club until Easter.",
    "The ambulance took mum to hospital. School nurse informed. The nursery rang.",
    "He grabbed her by the hair; she fell down the stairs.",
    "Young Carers and Early Help to be offered. The summer term starts soon.",
    "She called him a liar and called the police. He called 999.",
    "mum called to say he is ill",
    "no eye contact. no reply to calls. number of concerns",
    "First Aid given. Ice pack applied. Parents informed by Teachers2Parents.",
    "They had fish and chips. He has a dog and a cat.",
    "He told staff he hit his head on the door",
    "a few foreign words, bardzo zle, in an English sentence are no reason",
]


@pytest.mark.parametrize("text", CLEAR)
def test_words_that_only_look_like_names_are_none(text: str) -> None:
    assert [text[one.start : one.end] for one in SCREEN.scan(text, ())] == []
