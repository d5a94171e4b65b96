//! Made-up incidents: several companies, several incidents of each employee.

use std::collections::HashMap;

use crate::chance::Chance;
use crate::common::NEW;

/// What happens to an employee, in this order.
const KINDS: [&str; 3] = ["NEW", "SDB", "RST"];

/// By which incidents are told apart here: company, employee, type.
pub(crate) type Name = [String; 3];
/// A company's employee.
pub(crate) type Employee = [String; 2];

pub(crate) struct Population {
    /// One incident a line, as a file has them.
    pub(crate) lines: Vec<String>,
    /// The incidents of each employee, in the order of the lines.
    pub(crate) of_employee: HashMap<Employee, Vec<String>>,
}

impl Population {
    /// A few hundred incidents in any order, but for that of each employee. Some have external IDs.
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let companies = chance.between(1, 8);
        let employees = chance.between(50, 150);
        // Companies have employees with the same numbers.
        let mut left: Vec<(Employee, usize)> = (0..employees)
            .map(|one| {
                [
                    format!("c{}", one % companies),
                    format!("E{}", one / companies),
                ]
            })
            .map(|employee| (employee, 0))
            .collect();
        let mut population = Self {
            lines: Vec::new(),
            of_employee: HashMap::new(),
        };
        while !left.is_empty() {
            let place = chance.below(left.len());
            let (employee, had) = &mut left[place];
            population.add(employee, *had, chance.one_in(2));
            *had += 1;
            if *had == KINDS.len() || chance.one_in(5) {
                left.swap_remove(place);
            }
        }
        population
    }

    fn add(&mut self, employee: &Employee, had: usize, has_external_id: bool) {
        let kind = KINDS[had];
        let day = had + 1;
        let content = match kind {
            "RST" => String::new(),
            _ => NEW[NEW.find(r#","employee":"#).unwrap()..NEW.len() - 1].to_owned(),
        };
        let external = match has_external_id {
            true => format!(r#""externalId":"x-{}","#, self.lines.len()),
            false => String::new(),
        };
        let [company, number] = employee;
        self.lines.push(format!(
            r#"{{"careflexId":"{company}",{external}"type":"{kind}","employeeId":"{number}","createdAt":"2026-11-20","validFrom":"2026-12-{day:02}"{content}}}"#
        ));
        let kinds = self.of_employee.entry(employee.clone()).or_default();
        kinds.push(kind.to_owned());
    }
}
