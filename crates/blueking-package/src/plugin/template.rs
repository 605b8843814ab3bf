//! Renders the templates of a package like a site: `{{ name }}` becomes a value.

use std::collections::BTreeMap;

use crate::texts::sources_plugin as texts;

/// Renders a template. Only plain and dotted names such as `control_info.log_path` are supported,
/// which is sufficient for generated packages.
///
/// # Errors
/// A sentence for a name without a value, or an unclosed `{{`.
pub fn render(template: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or_else(texts::template_is_not_closed)?;
        let name = name.trim();
        let value = values.get(name).ok_or_else(|| texts::template_name_without_value(name))?;
        text += before;
        text += value;
        rest = after;
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_values() {
        let values = [("a", "{{ b }}"), ("c.d", "2")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(render("x {{ a }}{{c.d}}\n", &values).as_deref(), Ok("x {{ b }}2\n"));
        assert!(render("{{ b }}", &values).unwrap_err().contains("\"b\""));
        assert!(render("{{ a", &values).unwrap_err().contains("unclosed"));
    }
}
