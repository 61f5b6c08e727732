//! What the model knows to be wrong with a body of the right shape: types against operators and values, and ids.

use crate::emulator::failure::Problem;
use crate::model::{CampaignSpec, DataType, Filter, FilterValue, Operator};

/// Every rule the campaign breaks, in the order of its fields.
pub(super) fn broken_rules(spec: &CampaignSpec) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, filter) in spec.filters.iter().enumerate() {
        filter_rules(&format!("filters[{index}]"), filter, &mut problems);
    }
    for (index, action) in spec.actions.iter().enumerate() {
        let Some(routing) = &action.routing_config else { continue };
        for (name, id) in [("queueId", &routing.queue_id), ("overflowQueueId", &routing.overflow_queue_id)] {
            if let Some(id) = id.as_ref().filter(|id| !is_uuid(id)) {
                let field = format!("actions[{index}].routingConfig.{name}");
                problems.push(Problem::invalid_value(&*field, format!("`{field}`: \"{id}\" is not a UUID")));
            }
        }
    }
    problems
}

fn filter_rules(path: &str, filter: &Filter, problems: &mut Vec<Problem>) {
    let Filter { attribute_name: _, operator, value, data_type } = filter;
    let (operator, data_type): (Operator, DataType) = (*operator, *data_type);
    if !operator.applies_to(data_type) {
        let message = format!("`{path}.operator`: {operator} is not defined for dataType {}", data_type.as_str());
        problems.push(Problem::invalid_value(format!("{path}.operator"), message));
    }
    let field = format!("{path}.value");
    match (operator.takes_list(), value) {
        (true, FilterValue::One(_)) => {
            let message = format!("`{field}`: {operator} takes an array of {} values", data_type.as_str());
            problems.push(Problem::invalid_value(field, message));
        }
        (false, FilterValue::Many(_)) => {
            problems.push(Problem::invalid_value(&*field, format!("`{field}`: {operator} takes one value, not an array")));
        }
        (is_list, value) => {
            for (index, scalar) in value.scalars().iter().enumerate().filter(|(_, scalar)| !data_type.admits(scalar)) {
                let field = if is_list { format!("{field}[{index}]") } else { field.clone() };
                let shown = serde_json::to_string(scalar).unwrap_or_default();
                let message = format!("`{field}`: {shown} is not of dataType {}", data_type.as_str());
                problems.push(Problem::invalid_value(field, message));
            }
        }
    }
}

/// Whether the text is a UUID in the usual spelling with hyphens.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}
