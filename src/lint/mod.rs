//! Rules on typed campaigns.
