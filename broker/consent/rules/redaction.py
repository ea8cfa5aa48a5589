"""Redaction: what one recipient does not see of what another does (core-flows 3.5, RD-1 to RD-14)."""

from broker.consent.rulebook import Keeping, Redaction

SHOWN = "tests/unit/test_redactions.py"

REDACTIONS = (
    Redaction(
        id="RD-1",
        states="One child, one recipient, one message. Siblings elsewhere are neither named nor counted, and nothing "
        "that a recipient sees joins one child's message to another's.",
        why="It is other families' data, and it tells a third setting where children are.",
        kept_by=(Keeping.LABELS, Keeping.BARRED, Keeping.BUILT),
        where='broker/consent/redact.py: Label.LINK; broker/schemas/encompass.py: "siblings"',
        test=f"{SHOWN}::test_rd_1_one_child_one_recipient_one_message",
        source="core-flows RD-1 [S5]",
        mark="P",
    ),
    Redaction(
        id="RD-2",
        states="A refuge or confidential address, and all that it could be derived from, is withheld from everybody "
        "but children's social care and police, without a marker. Where the sender's own name, or the one text that "
        "is never withheld, would tell the place, the sender's human decides.",
        why="Refuge locations are kept secret, and have leaked through paperwork.",
        kept_by=(Keeping.LABELS, Keeping.HOLD, Keeping.BUILT),
        where="broker/consent/redact.py: DERIVES_A_PLACE; broker/consent/rules/encompass.py: RD-2-SENDER",
        test=f"{SHOWN}::test_rd_2_nothing_from_which_a_protected_place_follows",
        source="core-flows RD-2 [S39]",
        mark="P",
    ),
    Redaction(
        id="RD-3",
        states="No criminal record, police national computer data, intelligence, risk score or MARAC content goes to "
        "education: only a live prohibition that the setting must act on.",
        why="It is not needed to support the child (Article 10).",
        kept_by=(Keeping.BARRED,),
        where="broker/schemas/encompass.py: NOT_FOR_EDUCATION",
        test=f"{SHOWN}::test_rd_3_no_criminal_record_to_education_but_a_live_prohibition",
        source="core-flows RD-3",
        mark="P",
    ),
    Redaction(
        id="RD-4",
        states="Adults appear by their relationship to the child. Names go to children's social care, police and the "
        "designated officer alone.",
        why="Minimisation; an allegation is not proven.",
        kept_by=(Keeping.LABELS,),
        where="broker/consent/redact.py: Label.ADULT_NAME",
        test=f"{SHOWN}::test_rd_4_adults_by_relationship",
        source="core-flows RD-4",
        mark="P",
    ),
    Redaction(
        id="RD-5",
        states="The child's words, with who was present, go to whoever keeps that child safe: the setting's lead or "
        "alternate, children's social care, police. No flow reaches a parent. To HMPPS: the flow is not built yet.",
        why="Reprisal; what prison and probation hold may be disclosed to the offender.",
        kept_by=(Keeping.LABELS,),
        where="broker/consent/redact.py: Label.VOICE",
        test=f"{SHOWN}::test_rd_5_the_childs_voice",
        source="core-flows RD-5 [S1 para 240]",
        mark="P",
    ),
    Redaction(
        id="RD-6",
        states="Injury and health go to education only as what support the child needs.",
        why="Special-category data is kept to the least.",
        kept_by=(Keeping.LABELS, Keeping.BUILT),
        where='broker/consent/redact.py: Label.SUPPORT_NEED; broker/schemas/message.py: extra="forbid"',
        test=f"{SHOWN}::test_rd_6_health_only_as_support_need",
        source="core-flows RD-6",
        mark="P",
    ),
    Redaction(
        id="RD-7",
        states="Where an adult of the incident works at, governs or can read the desk of the setting that would "
        "receive, its declared alternate is told and the usual desk learns nothing; where nobody else can be told, it "
        "is held. That somebody is at a setting is itself never said to its usual desk.",
        why="A tip-off; and an allegation against staff is handled by others.",
        kept_by=(Keeping.LABELS, Keeping.HOLD, Keeping.BUILT),
        where="broker/consent/conflict.py: way_round; broker/consent/rules/conflict.py: RD-7",
        test=f"{SHOWN}::test_rd_7_the_alternate_is_told_and_the_usual_desk_learns_nothing",
        source="core-flows RD-7, 8 #20, #21",
        mark="P",
    ),
    Redaction(
        id="RD-8",
        states="A placement address is withheld from parents, contact holders and former carers alone, and only where "
        "telling them would put the child at risk of significant harm. Such a field has a label of its own; the "
        "placement flows are not built yet.",
        why="The power is statutory and reaches nobody else: not health, the GP, the school or the area authority.",
        kept_by=(Keeping.LABELS, Keeping.NOT_YET),
        where="broker/consent/redact.py: Label.PLACEMENT",
        test=f"{SHOWN}::test_rd_8_a_placement_address_has_a_label_of_its_own",
        source="core-flows RD-8 [S6 reg 13(3)]",
        mark="P",
    ),
    Redaction(
        id="RD-9",
        states="Needs assessment and care plan go to the area authority, and to nobody else with the notice. Such a "
        "field has a label of its own; the placement flows are not built yet.",
        why="What each recipient of a notice gets is laid down in the Regulations.",
        kept_by=(Keeping.LABELS, Keeping.NOT_YET),
        where="broker/consent/redact.py: Label.CARE_PLAN",
        test=f"{SHOWN}::test_rd_9_a_care_plan_has_a_label_of_its_own",
        source="core-flows RD-9 [S7]",
        mark="P",
    ),
    Redaction(
        id="RD-10",
        states="The victims of the offence of a person posing a risk to children stay anonymous. Such a field has a "
        "label of its own; the flows of HMPPS are not built yet.",
        why="It is how the form is filled in.",
        kept_by=(Keeping.LABELS, Keeping.NOT_YET),
        where="broker/consent/redact.py: Label.OFFENCE_VICTIM",
        test=f"{SHOWN}::test_rd_10_victims_of_an_offence_have_a_label_of_their_own",
        source="core-flows RD-10 [S15]",
        mark="P",
    ),
    Redaction(
        id="RD-11",
        states="The name that a child had before an adoption is carried by no message type. That nobody writes it into "
        "another field is for its sender to see to.",
        why="The identity of an adopted child is safe only if the old one is not with it.",
        kept_by=(Keeping.BARRED,),
        where="broker/schemas/message.py: NEVER_CARRIED",
        test=f"{SHOWN}::test_rd_11_no_name_before_an_adoption",
        source="core-flows RD-11 [S40]",
        mark="P",
    ),
    Redaction(
        id="RD-12",
        states="Envelope, topic, key, log line and file name hold no personal data. That a recipient exists may itself "
        "disclose: the reader's own key is all that tells whose a delivery is.",
        why="Metadata is read by those who may not read the message.",
        kept_by=(Keeping.BUILT,),
        where="broker/envelope.py: DELIVERY; broker/logs.py: ALLOWED",
        test=f"{SHOWN}::test_rd_12_nothing_personal_outside_what_is_sealed",
        source="core-flows RD-12",
        mark="P",
    ),
    Redaction(
        id="RD-13",
        states="Every withheld field leaves a marker with its rule, and never a silent gap; but where the marker would "
        "itself tell of a protected place, or that an adult is at the setting, it looks like a field left out.",
        why="A recipient must know that what it reads is partial.",
        kept_by=(Keeping.BUILT,),
        where="broker/consent/redact.py: WITHOUT_A_MARKER",
        test=f"{SHOWN}::test_rd_13_a_marker_for_whatever_is_withheld",
        source="core-flows RD-13",
        mark="P",
    ),
    Redaction(
        id="RD-14",
        states="A council's reply to HMPPS carries a handling flag for every paragraph. That flow is not built yet, "
        "and no free text of any flow reaches a prison or a delivery unit.",
        why="Reports reach the defendant.",
        kept_by=(Keeping.NOT_YET,),
        where="broker/schemas/catalogue.py: CATALOGUE",
        test=f"{SHOWN}::test_rd_14_no_free_text_reaches_hmpps_yet",
        source="core-flows RD-14",
        mark="P",
    ),
)
BUILT = tuple(one for one in REDACTIONS if one.id != "RD-7")
"""RD-7 is checked message by message: see the section on conflict of interest."""
