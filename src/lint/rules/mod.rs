//! One rule a file: what people should know of it, then one function.

pub(super) mod bad_id;
pub(super) mod duplicate_filter;
pub(super) mod duplicate_key;
pub(super) mod duplicate_name;
pub(super) mod list_operator;
pub(super) mod operator_type;
pub(super) mod value_type;
