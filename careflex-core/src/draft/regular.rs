//! The short way from values to their row, for a row with which nothing is wrong: nearly every one. Values go
//! straight into the incident, and the rules take a quick look at that. At the first doubt all of it is left to the
//! full check of a draft, which finds the words for what is wrong.

use std::marker::PhantomData;

use chrono::NaiveDate;

use super::parts::{known_code, parse_boolean};
use super::{Draft, Values};
use crate::date::parse_date;
use crate::ids::CareflexId;
use crate::incident::Incident;
use crate::input::{InputRow, RawValues, RowKey};
use crate::kind::IncidentKind;
use crate::model::{Employee, Field, Group};
use crate::rules::Rules;
use crate::schema::LeafKind;
use crate::text::{Piece, Text};
use crate::violation::Violations;

/// Values of a row as a reader finds them, by the indices of the tables.
pub trait Source<'a> {
    /// A value, trimmed; `None` if it is missing or blank. A source that has found out neither says that it is
    /// doubtful.
    fn piece(&mut self, field: usize, kind: LeafKind) -> Option<Piece<'a>>;
    /// Whether a group is there. If it is, all its fields are asked for.
    fn has(&self, group: usize) -> bool;
    /// Whether one of the values that were asked for may not be meant as it stands: then the row is thrown away.
    fn is_doubtful(&self) -> bool {
        false
    }
}

/// The row of some values, if nothing is wrong with it but for warnings. At any doubt, what it is otherwise.
///
/// It is built whole, and right where it is to stay, before anything is decided: a row is some hundreds of bytes,
/// and to move it at every step costs more than all the checks.
#[inline(always)]
pub fn read_regular<'a>(
    source: impl Source<'a>,
    line: u64,
    rules: &Rules,
    otherwise: impl FnOnce() -> InputRow,
) -> InputRow {
    let mut texts = Texts {
        source,
        is_doubtful: false,
        lifetime: PhantomData,
    };
    let mut row = row(&mut texts, line, rules);
    let mut is_doubtful = texts.is_doubtful || texts.source.is_doubtful();
    if !is_doubtful
        && let Ok(incident) = &row.incident
        && !rules.is_clean(incident)
    {
        // An incident does not know any more whether its type was written NEU.
        let is_as_written = row.key.kind.as_deref() == Some(incident.kind.code());
        row.warnings = rules.check_leaves(incident);
        is_doubtful = !is_as_written || row.warnings.has_errors();
    }
    if is_doubtful {
        drop(row);
        return otherwise();
    }
    row
}

#[inline(always)]
fn row<'a>(texts: &mut Texts<'a, impl Source<'a>>, line: u64, rules: &Rules) -> InputRow {
    let careflex_id = texts
        .optional_text(Field::CareflexId.index())
        .and_then(|id| texts.company(id, rules));
    // The key is made of copies: to read its texts twice would cost more.
    let external_id = texts.optional_text(Field::ExternalId.index());
    let employee_id = texts.text(Field::EmployeeId.index());
    let (kind, kind_text) = texts.kind();
    InputRow {
        line,
        careflex_id,
        key: RowKey {
            external_id: external_id.clone(),
            employee_id: Some(employee_id.clone()),
            kind: Some(kind_text),
        },
        incident: Ok(Incident {
            external_id: external_id.map(Into::into),
            employee_id: employee_id.into(),
            kind,
            valid_from: texts.date(Field::ValidFrom.index()),
            created_at: texts.date(Field::CreatedAt.index()),
            employee: if texts.has(Group::Employee.index()) {
                Some(Employee::assemble(texts))
            } else {
                None
            },
        }),
        warnings: Violations::new(),
        values: RawValues::default(),
    }
}

impl<'a> Source<'a> for &'a Draft<'_> {
    #[inline(always)]
    fn piece(&mut self, field: usize, _: LeafKind) -> Option<Piece<'a>> {
        let value = self.values.get(field)?.as_ref()?;
        Some(value.piece().trimmed())
    }

    #[inline(always)]
    fn has(&self, group: usize) -> bool {
        self.groups & (1 << group) != 0
    }
}

/// The values of a source, read when they are asked for.
struct Texts<'a, S> {
    source: S,
    /// A value could not be read.
    is_doubtful: bool,
    lifetime: PhantomData<&'a str>,
}

impl<'a, S: Source<'a>> Texts<'a, S> {
    /// The key of a company.
    fn company(&mut self, id: Text, rules: &Rules) -> Option<CareflexId> {
        let id = CareflexId::try_from(id).ok();
        let id = id.filter(|id| rules.is_clean_careflex_id(id));
        self.is_doubtful |= id.is_none();
        id
    }

    /// The type, and its code as it was written.
    fn kind(&mut self) -> (IncidentKind, Text) {
        let field = Field::Type.index();
        let known = self.source.piece(field, LeafKind::Text);
        let known = known.and_then(|code| IncidentKind::known_with_text(code.as_str()));
        known.unwrap_or_else(|| {
            let text = self.text(field);
            (text.clone().into(), text)
        })
    }

    #[inline(always)]
    fn read<T>(
        &mut self,
        field: usize,
        kind: LeafKind,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.source.piece(field, kind)?.as_str());
        self.is_doubtful |= value.is_none();
        value
    }
}

impl<'a, S: Source<'a>> Values for Texts<'a, S> {
    // Not inlined, as the one below: it writes where its result is to stay, without moving it in pieces.
    #[inline(never)]
    fn optional_text(&mut self, field: usize) -> Option<Text> {
        let piece = self.source.piece(field, LeafKind::Text)?;
        Text::read_some(piece, &mut self.is_doubtful)
    }

    #[inline(never)]
    fn text(&mut self, field: usize) -> Text {
        match self.source.piece(field, LeafKind::Text) {
            Some(piece) => Text::read(piece, &mut self.is_doubtful),
            None => {
                self.is_doubtful = true;
                Text::STAND_IN
            }
        }
    }

    fn optional_date(&mut self, field: usize) -> Option<NaiveDate> {
        self.read(field, LeafKind::Date, |text| parse_date(text).ok())
    }

    fn optional_boolean(&mut self, field: usize) -> Option<bool> {
        self.read(field, LeafKind::Boolean, parse_boolean)
    }

    fn optional_code(&mut self, field: usize) -> Option<&'static str> {
        let of = Field::ALL.get(field).copied()?;
        self.read(field, LeafKind::Code, |text| known_code(of, text))
    }

    fn note_missing(&mut self) {
        self.is_doubtful = true;
    }

    fn has(&self, group: usize) -> bool {
        self.source.has(group)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::rules::Level;
    use crate::schema::{Atom, Pattern};
    use crate::violation::ViolationCode;

    const TEXTS: &[&str] = &[
        "A",
        "4711",
        "Müller & Söhne",
        " x ",
        "\u{a0}y\u{a0}",
        "x\u{a0}",
        "a\tb",
        "a\u{1}b",
        "\u{FFFE}",
        "ä\u{FFFF}",
        "DE",
        "AT",
        "de",
        "D",
        "DEU",
        "01234",
        "1234",
        "123456",
        "a@b.de",
        "p-1@musterfirma.example",
        "no mail",
        "ä@b.de",
        "35801170498",
        "86095742719",
        "85095742719",
        "9a",
        "0",
        "1234567890123456789012345678",
        "12345678901234567890123456789",
        "123456789012345678901234567890",
        "ü2345678901234567890123456789",
        "09ce3580d84bf087",
        "09ce 3580",
        "  ",
    ];
    const TYPES: &[&str] = &[
        "NEW", "NEU", " NEU", "SDB", "RST", "WIK", "XYZ", "new", "NEW1", "ÄÖÜ",
    ];
    const DAYS: &[&str] = &[
        "2026-12-01",
        " 2026-12-01 ",
        "1899-12-31",
        "1900-01-01",
        "2199-12-31",
        "2200-01-01",
        "0000-01-01",
        "2021-02-30",
        "2020-02-29",
        "24.04.2020",
        "2020-1-5",
    ];
    const TRUTHS: &[&str] = &["true", "false", "1", "0", " true", "TRUE", "ja"];
    const GOOD: [&str; 7] = [
        "NEW",
        "2026-11-20",
        "false",
        "w",
        "01234",
        "p-1@musterfirma.example",
        "4711",
    ];
    const SEXES: &[&str] = &["m", "w", "d", " w ", "f", "W"];

    fn value(field: Field) -> BoxedStrategy<Option<&'static str>> {
        let (good, all) = match field.kind() {
            _ if field == Field::Type => ("NEW", TYPES),
            LeafKind::Date => ("2026-11-20", DAYS),
            LeafKind::Boolean => ("false", TRUTHS),
            LeafKind::Code => ("w", SEXES),
            _ if field == Field::ZipCode => ("01234", TEXTS),
            _ if field == Field::Country => ("DE", TEXTS),
            _ if field == Field::EmailBusiness => ("p-1@musterfirma.example", TEXTS),
            _ => ("4711", TEXTS),
        };
        prop_oneof![
            12 => Just(Some(good)),
            1 => option::of(select(all)),
        ]
        .boxed()
    }

    /// All values, each in a line of its own, with enough behind the last one.
    fn lines() -> String {
        let all = [TEXTS, TYPES, DAYS, TRUTHS, SEXES, &GOOD].concat();
        format!("\n{}\n{}", all.join("\n"), "-".repeat(64))
    }

    fn rules() -> impl Strategy<Value = Rules> {
        let documented = Rules::documented;
        let mut others = vec![documented(), documented(), documented(), documented()];
        for rules in &mut others {
            rules.email = Level::Off;
            rules.german_zip_code = Level::Off;
            rules.tax_id = Level::Error;
            rules.unknown_type = Level::Error;
        }
        if let [first, second, third, fourth] = others.as_mut_slice() {
            first.limit_mut(Field::FirstName).max_length = 4;
            first.set_required_for(Group::Job, &[]);
            second.limit_mut(Field::LastName).min_length = 3;
            second.limit_mut(Field::City).pattern = Field::Country.limit().pattern;
            second.limit_mut(Field::Sex).codes = &["m"];
            third.limit_mut(Field::Type).pattern = None;
            fourth.limit_mut(Field::Type).pattern = Some(Pattern {
                source: "[A-Z]{2}W",
                atoms: &[
                    Atom {
                        ranges: &[('A', 'Z')],
                        negated: false,
                        min: 2,
                        max: 2,
                    },
                    Atom {
                        ranges: &[('W', 'W')],
                        negated: false,
                        min: 1,
                        max: 1,
                    },
                ],
            });
            third.limit_mut(Field::Title).required_for = &["NEW"];
            third.limit_mut(Field::MobileBusiness).required_for = &["NEW", "SDB"];
        }
        prop_oneof![
            3 => Just(documented()),
            1 => select(others),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_short_way_ends_where_the_full_check_does(
            values in Field::ALL.iter().map(|field| value(*field)).collect::<Vec<_>>(),
            has in vec(proptest::bool::weighted(0.9), Group::ALL.len()),
            opened in option::weighted(0.1, select(Group::ALL)),
            refused in option::weighted(0.05, select(Field::ALL)),
            twice in option::weighted(0.05, select(Field::ALL)),
            rules in rules(),
            are_pieces: bool,
        ) {
            let lines = lines();
            let mut draft = Draft::new();
            draft.set_line(7);
            for (field, value) in Field::ALL.iter().zip(values) {
                let is_there = field.group().is_none_or(|group| {
                    group == Group::Incident || has.get(group.index()).copied().unwrap_or_default()
                });
                if let (true, Some(value)) = (is_there, value) {
                    let begin = lines.find(&format!("\n{value}\n")).unwrap() + 1;
                    let piece = Piece::new(&lines, begin..begin + value.len()).unwrap();
                    // As a piece of much, and as one of nothing more.
                    if are_pieces {
                        draft.set_piece(*field, piece);
                    } else {
                        draft.set(*field, value);
                    }
                }
            }
            if let Some(group) = opened {
                draft.open(group);
            }
            if let Some(field) = refused {
                draft.refuse(field, ViolationCode::WrongKind, "must be a text");
            }
            if let Some(field) = twice {
                draft.set(field, "4711");
            }
            let (short, full) = (draft.clone().finish(&rules), draft.check(&rules));
            prop_assert_eq!(&short.incident, &full.incident);
            prop_assert_eq!(&short.warnings, &full.warnings);
            prop_assert_eq!(&short.key, &full.key);
            prop_assert_eq!(&short.careflex_id, &full.careflex_id);
            prop_assert_eq!(short.line, full.line);
            for field in Field::ALL {
                prop_assert_eq!(short.value(*field), full.value(*field));
            }
        }
    }

    #[test]
    fn a_regular_row_goes_the_short_way() {
        let mut draft = Draft::new();
        for field in Field::ALL {
            draft.set(
                *field,
                match field.kind() {
                    _ if *field == Field::Type => "NEU",
                    LeafKind::Date => "2026-11-20",
                    LeafKind::Boolean => "false",
                    LeafKind::Code => "w",
                    _ if *field == Field::ZipCode => "01234",
                    _ if *field == Field::Country => "DE",
                    _ if *field == Field::EmailBusiness => "p-1@musterfirma.example",
                    _ => "4711",
                },
            );
        }
        let row = read_regular(&draft, 1, &Rules::documented(), || panic!("is regular"));
        assert!(row.warnings.is_empty());
        assert!(Rules::documented().is_clean(row.incident.as_ref().unwrap()));
    }
}
