//! The problems of descriptions, definitions and documents.

crate::texts! {
    variable_name(name: &str) =
        "the variable {name:?} does not match ^[A-Za-z_][A-Za-z0-9_]*$",
        "环境变量 {name:?} 不符合 ^[A-Za-z_][A-Za-z0-9_]*$";
    variable_name_advice() =
        "use only letters, digits and '_'",
        "只能使用字母、数字和下划线";
}
