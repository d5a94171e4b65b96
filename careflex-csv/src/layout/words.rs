//! Words that German and English HR systems have in header lines.

use careflex_core::{Child, Field, Group, nearest_name};

/// Words of which each means one field. Without blanks and punctuation, in small letters, ä as ae.
const WORDS: &[(Field, &str)] = &[
    (
        Field::CareflexId,
        "careflexid careflex careflexkennung careflexnummer",
    ),
    (
        Field::ExternalId,
        "externeid externid externalid externekennung externenummer externerschluessel vorgangsid vorgangsnummer vorgangsnr meldungsid meldungsnummer ereignisid ereignisnummer incidentid",
    ),
    (
        Field::EmployeeId,
        "mitarbeiternummer mitarbeiternr mitarbeiterid mitarbeiterkennung manr manummer maid employeeid employeenumber employeeno staffid staffnumber workerid",
    ),
    (
        Field::Type,
        "vorgang vorgangsart vorgangstyp ereignis ereignisart ereignistyp meldegrund meldeart meldungsart meldungstyp massnahme massnahmenart type incidenttype eventtype",
    ),
    (
        Field::ValidFrom,
        "gueltigab gueltigvon gueltigseit wirksamab wirksamzum wirksamkeitsdatum gueltigkeitsbeginn validfrom effectivedate effectivefrom begda",
    ),
    (
        Field::CreatedAt,
        "aenderungsdatum aenderungam geaendertam erstelltam erstellungsdatum erfasstam erfassungsdatum angelegtam anlagedatum createdat createdon creationdate changedat changedon modifiedat lastmodified aedtm",
    ),
    (
        Field::Title,
        "titel akademischertitel akadtitel akadgrad title academictitle",
    ),
    (
        Field::FirstName,
        "vorname vornamen rufname firstname givenname forename",
    ),
    (
        Field::LastName,
        "nachname familienname zuname lastname surname familyname",
    ),
    (
        Field::Birthday,
        "geburtsdatum geburtstag gebdatum gebdat gebam geborenam birthday birthdate dateofbirth dob",
    ),
    (
        Field::Sex,
        "geschlecht geschl geschlechtsschluessel sex gender",
    ),
    (Field::Street, "strasse str strassenname street streetname"),
    (
        Field::HouseNumber,
        "hausnummer hausnr hnr housenumber houseno streetnumber",
    ),
    (
        Field::AddressSuffix,
        "adresszusatz adressenzusatz adresszusatz1 anschriftenzusatz zusatz addresssuffix addressaddition addressline2",
    ),
    (
        Field::ZipCode,
        "plz postleitzahl zip zipcode postcode postalcode",
    ),
    (Field::City, "ort stadt wohnort city town"),
    (
        Field::Country,
        "laenderkennzeichen laenderkuerzel laendercode laenderschluessel landcode landkz lkz isoland country countrycode",
    ),
    (
        Field::EmploymentSite,
        "standort betriebsstaette betriebsstelle werk arbeitsort arbeitsstaette dienstort einsatzort niederlassung employmentsite worksite workplace location site",
    ),
    (
        Field::EmploymentStatus,
        "beschaeftigungsstatus beschaeftigungsverhaeltnis anstellungsstatus tarifstatus employmentstatus",
    ),
    (
        Field::StartOfEmployment,
        "eintritt eintrittsdatum eintrittam eingetretenam firmeneintritt diensteintritt beschaeftigtseit beschaeftigungsbeginn startofemployment employmentstart hiredate dateofhire joiningdate entrydate startdate",
    ),
    (
        Field::Management,
        "leitend leitende leitender leitendeangestellte leitenderangestellter management",
    ),
    (
        Field::EmailBusiness,
        "email emailadresse mail mailadresse emailgeschaeftlich geschaeftlicheemail emaildienstlich dienstlicheemail emailfirma emailbusiness businessemail workemail",
    ),
    (
        Field::MobileBusiness,
        "mobil mobilnummer mobilnr mobiltelefon mobilfunk mobilgeschaeftlich mobildienstlich handy handynummer handynr diensthandy mobile mobilephone mobilenumber mobilebusiness cellphone",
    ),
    (
        Field::LandlineBusiness,
        "telefon telefonnummer telefonnr tel telnr festnetz festnetznummer telefongeschaeftlich telefondienstlich phone phonenumber landline landlinebusiness",
    ),
];

/// Words that mean something else too, or that mean the next field where the first one has a better column.
const WEAK_WORDS: &[(&[Field], &str)] = &[
    (
        &[Field::EmployeeId, Field::PersonnelNumber],
        "personalnummer personalnr persnr pernr persno personalid personnelnumber personnelno",
    ),
    (
        &[Field::CareflexId],
        "firma firmenid unternehmen gesellschaft arbeitgeber mandant buchungskreis company companyid legalentity",
    ),
    (&[Field::ExternalId], "referenz referenznummer reference"),
    (&[Field::Type], "art typ anlass grund aenderungsgrund event"),
    (&[Field::ValidFrom], "ab von beginn stichtag"),
    (&[Field::CreatedAt], "datum date"),
    (&[Field::LastName], "name"),
    (&[Field::Sex], "anrede salutation"),
    (&[Field::Country], "land staat"),
    (
        &[Field::EmploymentStatus],
        "status tarif mitarbeiterkreis mitarbeitergruppe",
    ),
];

/// Words that mean no field, though some look like those above; with the reason, where there is something to say.
const OTHER_WORDS: &[(&str, &str)] = &[
    (
        "street and house number have columns of their own",
        "strassehausnummer strassehausnr strassehnr strassenr strasseundhausnummer strasseundhausnr strasseundnr adresse anschrift address",
    ),
    (
        "post code and town have columns of their own",
        "plzort plzwohnort plzundort plzstadt postleitzahlort",
    ),
    (
        "first and last name have columns of their own",
        "vornamename vornamenachname vorundnachname namevorname nachnamevorname vollername vollstaendigername fullname",
    ),
    (
        "the tax ID must not be used",
        "steuerid steueridnr steueridentifikationsnummer steuernummer steuernr idnr taxid taxnumber",
    ),
    (
        "",
        "geburtsort geburtsname geburtsland geburtsjahr ortsteil landkreis bundesland gueltigbis wirksambis endda eintrittsgrund austritt austrittsdatum austrittam austrittsgrund ausgetretenam beschaeftigungsende kuendigungsdatum vertragsende enddate personalbereich personalteilbereich kostenstelle kostenstellennummer abteilung abteilungsnummer position stelle vorgesetzter fuehrungskraft manager namenszusatz vorsatzwort telefax fax faxnummer staatsangehoerigkeit familienstand konfession religion iban bic tarifgruppe entgeltgruppe gehalt lohn arbeitszeit sozialversicherungsnummer svnummer svnr rentenversicherungsnummer",
    ),
];

/// How many letters a misspelt word may have more or fewer: `Ort` is near to `Ortsteil` by its beginning alone.
const LENGTHS_APART: usize = 2;
/// Shorter words are near to too many others.
const SHORTEST_MISSPELT: usize = 5;

/// What the name of a column may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This field.
    Strong(Field),
    /// One of these, the first that has no better column.
    Weak(&'static [Field]),
    /// Perhaps this field, misspelt.
    Misspelt(Field),
    /// No field; and why, or nothing.
    Other(&'static str),
}

/// What the name of a column may mean. Case, blanks, punctuation and the spelling of umlauts do not count.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let word = plain(name);
    let at_home = ["privat", "private", "privates"]
        .iter()
        .find_map(|mark| word.strip_suffix(mark).or_else(|| word.strip_prefix(mark)));
    let Some(rest) = at_home else {
        return meaning_of_word(&word);
    };
    // An address is the one at home, but contacts are those at work.
    match meaning_of_word(rest)? {
        Meaning::Strong(field) | Meaning::Misspelt(field) if is_contact(field) => Some(
            Meaning::Other("the portal has business contacts, private ones do not belong there"),
        ),
        other => Some(other),
    }
}

/// The field that a word of a person most likely means.
pub(super) fn field(name: &str) -> Option<Field> {
    match meaning(name)? {
        Meaning::Strong(field) | Meaning::Misspelt(field) => Some(field),
        Meaning::Weak(fields) => fields.first().copied(),
        Meaning::Other(_) => None,
    }
}

fn meaning_of_word(word: &str) -> Option<Meaning> {
    let is_in = |words: &str| words.split(' ').any(|known| known == word);
    let weak = || WEAK_WORDS.iter().find(|(_, words)| is_in(words));
    let strong = || WORDS.iter().find(|(_, words)| is_in(words));
    let other = || OTHER_WORDS.iter().find(|(_, words)| is_in(words));
    let named = || Field::ALL.iter().find(|field| plain(field.name()) == word);
    weak()
        .map(|(fields, _)| Meaning::Weak(fields))
        .or_else(|| strong().map(|(field, _)| Meaning::Strong(*field)))
        .or_else(|| other().map(|(reason, _)| Meaning::Other(reason)))
        .or_else(|| named().map(|field| Meaning::Strong(*field)))
        .or_else(|| misspelt(word))
}

fn misspelt(word: &str) -> Option<Meaning> {
    if word.len() < SHORTEST_MISSPELT {
        return None;
    }
    let is_near = |known: &&str| known.len().abs_diff(word.len()) <= LENGTHS_APART;
    let known = WORDS
        .iter()
        .map(|(_, words)| words)
        .chain(WEAK_WORDS.iter().map(|(_, words)| words))
        .chain(OTHER_WORDS.iter().map(|(_, words)| words))
        .flat_map(|words| words.split(' '))
        .filter(is_near);
    let nearest = nearest_name(word, known)?;
    match meaning_of_word(nearest)? {
        Meaning::Strong(field) => Some(Meaning::Misspelt(field)),
        other => Some(other),
    }
}

fn is_contact(field: Field) -> bool {
    Group::Contact.children().contains(&Child::Field(field))
}

/// A name without what does not count.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            // The dots of an umlaut that is written as two characters.
            '\u{308}' => plain.push('e'),
            letter if letter.is_alphanumeric() => plain.push(letter),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_stands_once_and_in_its_plain_form() {
        let words = WORDS.iter().map(|(_, words)| *words);
        let weak = WEAK_WORDS.iter().map(|(_, words)| *words);
        let other = OTHER_WORDS.iter().map(|(_, words)| *words);
        let mut all: Vec<_> = words
            .chain(weak)
            .chain(other)
            .flat_map(|words| words.split(' '))
            .collect();
        for word in &all {
            assert_eq!(plain(word), **word);
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn common_header_words_are_known() {
        for (name, expected) in [
            ("Vorname", Field::FirstName),
            ("Nachname", Field::LastName),
            ("Name", Field::LastName),
            ("geb. am", Field::Birthday),
            ("Geburtsdatum", Field::Birthday),
            ("Geschlecht", Field::Sex),
            ("Straße", Field::Street),
            ("STRASSE", Field::Street),
            ("Hausnr.", Field::HouseNumber),
            ("PLZ", Field::ZipCode),
            ("Ort (privat)", Field::City),
            ("Land", Field::Country),
            ("Länderkennzeichen", Field::Country),
            ("Laenderkennzeichen", Field::Country),
            ("La\u{308}nderkennzeichen", Field::Country),
            ("Adresszusatz", Field::AddressSuffix),
            ("Titel", Field::Title),
            ("Pers.-Nr.", Field::EmployeeId),
            ("Mitarbeiter-ID", Field::EmployeeId),
            ("Eintritt", Field::StartOfEmployment),
            ("Wirksam ab", Field::ValidFrom),
            ("Änderungsdatum", Field::CreatedAt),
            ("Erfasst am", Field::CreatedAt),
            ("Meldegrund", Field::Type),
            ("Betriebsstätte", Field::EmploymentSite),
            ("Tarifstatus", Field::EmploymentStatus),
            ("Leitende(r)", Field::Management),
            ("E-Mail (geschäftlich)", Field::EmailBusiness),
            ("Handy", Field::MobileBusiness),
            ("Tel.", Field::LandlineBusiness),
            ("Externe ID", Field::ExternalId),
            ("CareFlex-ID", Field::CareflexId),
            ("Firma", Field::CareflexId),
            ("zipcode", Field::ZipCode),
            ("Start of employment", Field::StartOfEmployment),
            ("Postleizahl", Field::ZipCode),
            ("Nachnahme", Field::LastName),
        ] {
            assert_eq!(field(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn what_only_looks_alike_means_nothing() {
        for name in [
            "Geburtsort",
            "Gültig bis",
            "Austrittsdatum",
            "Straße und Hausnummer",
            "Steuer-ID",
            "E-Mail privat",
            "private E-Mail",
            "Telefon (privat)",
            "Telefax",
            "Abteilung",
            "Ortsteil",
            "Bundesland",
            "Vorgesetzter",
            "Bemerkung",
            "Mobilitätszuschuss",
            "Name des Vorgesetzten",
            "",
            "-",
            "privat",
            "x",
        ] {
            assert_eq!(field(name), None, "{name}");
        }
    }
}
