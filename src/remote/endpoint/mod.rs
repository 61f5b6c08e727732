//! The resources of the API: the requests they take and what their answers mean. Pure.

pub(super) mod campaigns;
pub(super) mod organization;
pub(super) mod routing;
