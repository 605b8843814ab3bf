//! The rules that sort metrics into groups: regular expressions, which saving applies to the fields
//! that are not manual.

use serde_json::Value;

use crate::check::documents::Object;

/// A rule that saving rejects: no regular expression, or one that matches no field.
pub(super) fn unusable(group: &Object, fields: &[Value]) -> Option<String> {
    let is_automatic = |field: &Value| field.get("is_manual").is_some_and(|value| value == false);
    if !fields.iter().any(is_automatic) {
        return None;
    }
    let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
    let rules = group.get("rule_list")?.as_array()?;
    let is_unusable =
        |rule: &&str| !is_expression(rule) || names.iter().all(|name| !may_match(rule, name));
    rules.iter().filter_map(Value::as_str).find(is_unusable).map(str::to_owned)
}

/// Whether brackets are balanced and no repetition stands alone; other mistakes are not found.
fn is_expression(rule: &str) -> bool {
    let mut depth = 0_usize;
    let mut can_repeat = false;
    let mut chars = rule.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return false,
            '[' => {
                let _ = chars.next_if_eq(&'^');
                let _ = chars.next_if_eq(&']');
                loop {
                    match chars.next() {
                        Some(']') => break,
                        Some('\\') => {
                            chars.next();
                        }
                        Some(_) => {}
                        None => return false,
                    }
                }
            }
            '(' => {
                depth += 1;
                // The question mark of a group is no repetition.
                let _ = chars.next_if_eq(&'?');
            }
            ')' => {
                let Some(less) = depth.checked_sub(1) else { return false };
                depth = less;
            }
            '*' | '+' | '?' if !can_repeat => return false,
            _ => {}
        }
        can_repeat = !matches!(c, '(' | '|' | '^');
    }
    depth == 0
}

/// Whether a rule may match a name: certain only for a plain text with anchors.
fn may_match(rule: &str, name: &str) -> bool {
    let start = rule.strip_prefix('^').unwrap_or(rule);
    let plain = start.strip_suffix('$').unwrap_or(start);
    if !plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return true;
    }
    // Python matches from the start in any case.
    if start.ends_with('$') { name == plain } else { name.starts_with(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_expressions_are_recognised() {
        for rule in ["a++", "(?=a)", "^a|b$", r"\(a", "[]a(]", "a{2}", ".*", "(?:a)?"] {
            assert!(is_expression(rule), "{rule}");
        }
        for rule in ["(", ")", "[a", "*a", "a|*", "(+)", "a\\"] {
            assert!(!is_expression(rule), "{rule}");
        }
    }

    #[test]
    fn plain_rules_match_from_the_start() {
        assert!(may_match("sys_", "sys_disk") && may_match("^sys", "sys_disk"));
        assert!(may_match("^s.*k$", "disk"), "only a plain text is certain");
        assert!(!may_match("disk", "sys_disk") && !may_match("^sys$", "sys_disk"));
    }
}
