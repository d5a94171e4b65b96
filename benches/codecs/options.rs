//! What is asked for on the command line.

use std::time::Duration;

use super::race::Effort;

pub(crate) const USAGE: &str = "\
cargo bench -p careflex --bench codecs [-- OPTIONS]

  --summary    within a minute: fewer rounds
  --json       one line of JSON a pair instead of the table
  --task NAME  this task only; may be given several times";

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) summary: bool,
    pub(crate) json: bool,
    tasks: Vec<String>,
}

impl Options {
    pub(crate) fn parse(
        mut arguments: impl Iterator<Item = String>,
        tasks: &[&str],
    ) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--summary" => options.summary = true,
                "--json" => options.json = true,
                "--task" => {
                    let task = arguments.next().ok_or("--task needs a name")?;
                    if !tasks.contains(&task.as_str()) {
                        let known = tasks.join(", ");
                        return Err(format!("there is no task {task}, but {known}"));
                    }
                    options.tasks.push(task);
                }
                // Cargo says so to all benchmarks.
                "--bench" => {}
                _ => return Err(format!("{argument} is no option\n\n{USAGE}")),
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, task: &str) -> bool {
        self.tasks.is_empty() || self.tasks.iter().any(|wanted| wanted == task)
    }

    /// What the next task gets, when as many are left and so much time has passed.
    pub(crate) fn effort(&self, left: usize, passed: Duration) -> Effort {
        let (total, most) = if self.summary { (38, 8) } else { (180, 30) };
        let share = Duration::from_secs(total).saturating_sub(passed) / left.max(1) as u32;
        Effort {
            time: share.min(Duration::from_secs(most)),
            least: 2,
        }
    }
}
