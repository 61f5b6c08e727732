//! The few colours there are, and what each one means.

use anstyle::{AnsiColor, Style};

use crate::reconcile::Action;

const fn coloured(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

/// Something comes.
pub(super) const ADD: Style = coloured(AnsiColor::Green);
/// Something changes.
pub(super) const CHANGE: Style = coloured(AnsiColor::Yellow);
/// Something goes.
pub(super) const REMOVE: Style = coloured(AnsiColor::Red);
/// What a reviewer must see first.
pub(super) const DANGER: Style = coloured(AnsiColor::Red).bold();
/// Names and totals.
pub(super) const STRONG: Style = Style::new().bold();
/// Said by the way.
pub(super) const FAINT: Style = Style::new().dimmed();
/// The word `Error:`.
pub const ERROR: Style = coloured(AnsiColor::Red).bold();
/// The word `Warning:`.
pub const WARNING: Style = coloured(AnsiColor::Yellow).bold();

/// Symbol and colour of an action, as Terraform's readers know them.
pub(super) fn of_action(action: Action) -> (&'static str, Style) {
    match action {
        Action::Create => ("+", ADD),
        Action::Update => ("~", CHANGE),
        Action::Delete => ("-", REMOVE),
        Action::Forget => (".", CHANGE),
        Action::Record => (" ", Style::new()),
    }
}
