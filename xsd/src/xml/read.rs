//! x
use super::Forms;
use crate::incident::IncidentModel;
pub(super) fn reader(model: &IncidentModel<'_>, forms: &Forms<'_>) -> String {
    let _ = (model, forms);
    String::new()
}
