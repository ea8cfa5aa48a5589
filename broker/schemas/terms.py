"""The shared words: kinds of organisation, roles of people, labels of fields.

Classes in brackets are those of the domain notes, section 3.3; where one class there holds things that different
recipients may see, it is split here, because a view is a list of labels.
"""

from enum import StrEnum


class Code(StrEnum):
    """A coded word. Hashed as its text, in C: decisions are looked up by facts that are made of these."""

    __hash__ = str.__hash__


class Kind(Code):
    """What an organisation is, by the register that names it (`school:<URN>`, `la:<GSS>`, `police:<CJS code>`, ...)."""

    SCHOOL = "school"
    COUNCIL = "la"
    POLICE = "police"
    PRISON = "prison"
    DELIVERY_UNIT = "pdu"
    CARE_BOARD = "icb"
    CHARITY = "charity"
    INTELLIGENCE = "intelligence"  # only so that a message to one is refused by name
    SUPPLIER = "supplier"
    ALTERNATE = "alternate"  # who is told instead of a setting's usual safeguarding lead (RD-7): `alternate:<URN>`
    BROKER = "broker"


class Role(Code):
    """In which capacity somebody receives. A flow lists what each role may see; an unlisted role sees nothing."""

    SAFEGUARDING_LEAD = "safeguarding-lead"
    SOCIAL_CARE = "childrens-social-care"
    RESIDENCE_FORCE = "residence-force"
    HOUSING = "housing-authority"
    ALTERNATE = "alternate"  # of a setting, in place of its usual safeguarding lead (RD-7)
    ALTERNATE_COUNCIL = "alternate-council"  # the same where the setting has declared its council: another basis in law
    DESIGNATED_OFFICER = "designated-officer"  # of a council, for allegations against people who work with children
    ORIGINATOR = "originator"


STANDS_IN = frozenset({Role.ALTERNATE, Role.ALTERNATE_COUNCIL})
"""Roles that receive in place of a setting's usual safeguarding lead. A sender never names one."""
FOR_A_SETTING = frozenset({Role.SAFEGUARDING_LEAD, *STANDS_IN})
"""Roles that receive for the setting of a child, so that all that is asked of a message to a setting is asked of it."""


class PersonRole(Code):
    """In which role a human signs: what a role key is for. Never a name."""

    SAFEGUARDING_LEAD = "safeguarding-lead"
    DEPUTY = "deputy"
    HEADTEACHER = "headteacher"
    CHAIR_OF_GOVERNORS = "chair-of-governors"
    PROPRIETOR = "proprietor"
    DUTY_DESK = "duty-desk"
    SOCIAL_WORK_TEAM = "social-work-team"
    DESIGNATED_OFFICER = "designated-officer"
    OFFENDER_MANAGEMENT_UNIT = "prison-offender-management-unit"
    DATA_PROTECTION_OFFICER = "data-protection-officer"


class Label(Code):
    """Sensitivity of a field. A set, not a scale: health and offence data differ in law, neither is "more"."""

    NONE = "none"  # no personal data: codes and registered organisations
    IDENTITY = "ID"
    LOCATION = "LOC"  # addresses and whatever an address can be derived from
    TIME = "TIM"  # [LOC] when something happened
    EDUCATION = "EDU"
    SUPPORT_NEED = "HEA"  # [HEA] health only as what support the child needs
    AS_SPECIAL = "SPC*"  # not special category in law, handled as if it were
    ALLEGATION = "CRI-A"  # [CRI] what is said to have happened in this incident
    CONDITION = "CRI-C"  # [CRI] a live prohibition that the setting must act on
    VOICE = "VOI"
    OPINION = "OPN"
    OTHER_PEOPLE = "TPY"  # adults by their relationship to the child
    ADULT_NAME = "TPY-N"  # [TPY] adults by name
    PRACTITIONER = "PRA"
    DIRECT_LINE = "PRA-T"  # [PRA] a direct telephone line, from which a place can be derived
    ROUTING = "LOC-R"  # [LOC] area codes by which the broker routes
    SAFETY = "SAF"  # that, and why, a place is protected
    NARRATIVE = "TXT"  # free text: may name anything, so it is withheld wherever a place is protected
    LAW = "LAW"  # what the sender claims in law: for the broker and its auditors, no recipient
    CONFLICT = "COI"  # that an adult is at a setting, and in which capacity: never for its usual safeguarding lead
    PLACEMENT = "LOC-P"  # [LOC] where a looked-after child is placed
    CARE_PLAN = "CAR"  # needs assessment and care plan of a looked-after child
    OFFENCE_VICTIM = "TPY-V"  # [TPY] who the victims of somebody's offence are
    LINK = "LNK"  # what joins one child's messages to another's: no recipient outside the police


class Outcome(Code):
    """What becomes of a message for one recipient."""

    SHARE = "share"
    SHARE_WITH_WARNING = "share-with-warning"
    HOLD = "hold"
    REFUSE = "refuse"


class Release(Code):
    """How the sender's human lets a held message go."""

    RELEASE = "release"  # what the broker left to that human
    BREAK_GLASS = "break-glass"  # against a rule that would hold it; reviewed afterwards


class Scope(Code):
    """What a rule bites on."""

    ELEMENT = "element"
    RECIPIENT = "recipient"
    MESSAGE = "message"
    CONFIGURATION = "configuration"


class AddressHandling(Code):
    """How the child's address may be handled. Everything but OPEN protects the place (RD-2)."""

    OPEN = "open"
    WITHHOLD_FROM_NAMED = "withhold-from-named"
    REFUGE = "refuge"
    PLACEMENT_CONFIDENTIAL = "placement-confidential"
    COURT_ORDERED = "court-ordered"


class RollStatus(Code):
    """What the sender knows of the child's place at a setting."""

    REGISTERED_SINGLE = "registered-single"
    REGISTERED_DUAL_MAIN = "registered-dual-main"
    REGISTERED_DUAL_SUBSIDIARY = "registered-dual-subsidiary"
    RECEIVING_EDUCATION = "receiving-education"
    NURSERY = "nursery"
    HOME_EDUCATED = "home-educated"
    MISSING_EDUCATION = "missing-education"
    LEFT = "left"
    UNKNOWN = "unknown"


ATTENDS = frozenset(
    {
        RollStatus.REGISTERED_SINGLE,
        RollStatus.REGISTERED_DUAL_MAIN,
        RollStatus.REGISTERED_DUAL_SUBSIDIARY,
        RollStatus.RECEIVING_EDUCATION,
        RollStatus.NURSERY,
    }
)
