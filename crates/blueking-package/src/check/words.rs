//! Reserved words of BlueKing, and the units that it supports.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Reserved names of result tables, in upper case.
const TABLE_NAMES: &str = "ALL ALTER ANALYZE ANY AS ASC BEGIN BY CREATE CONTINUOUS \
    DATABASE DATABASES DEFAULT DELETE DESC DESTINATIONS DIAGNOSTICS DISTINCT DROP DURATION END \
    EVERY EXPLAIN FIELD FOR FROM GRANT GRANTS GROUP GROUPS IN INF INSERT INTO KEY KEYS KILL LIMIT \
    SHOW MEASUREMENT MEASUREMENTS NAME OFFSET ON ORDER PASSWORD POLICY POLICIES PRIVILEGES QUERIES \
    QUERY READ REPLICATION RESAMPLE RETENTION REVOKE SELECT SERIES SET SHARD SHARDS SLIMIT SOFFSET \
    STATS SUBSCRIPTION SUBSCRIPTIONS TAG TO USER USERS VALUES WHERE WITH WRITE";

/// Reserved names of fields, in upper case: words of the query language and columns of the storage.
const FIELD_NAMES: &str = "SERVER REPO VIEW TAGKEY ILLEGAL EOF WS IDENT BOUNDPARAM \
    NUMBER INTEGER DURATIONVAL STRING BADSTRING BADESCAPE TRUE FALSE REGEX BADREGEX ADD SUB MUL DIV \
    AND OR EQ NEQ EQREGEX NEQREGEX LT LTE GT GTE LPAREN RPAREN COMMA COLON DOUBLECOLON SEMICOLON \
    DOT ALL ALTER ANY AS ASC BEGIN BY CREATE CONTINUOUS DATABASE DATABASES DEFAULT DELETE DESC \
    DESTINATIONS DIAGNOSTICS DISTINCT DROP DURATION END EVERY EXISTS EXPLAIN FIELD FOR FROM GROUP \
    GROUPS IF IN INF INSERT INTO KEY KEYS KILL LIMIT MEASUREMENT MEASUREMENTS NAME NOT OFFSET ON \
    ORDER PASSWORD POLICY POLICIES PRIVILEGES QUERIES QUERY READ REPLICATION RESAMPLE RETENTION \
    REVOKE SELECT SERIES SET SHOW SHARD SHARDS SLIMIT SOFFSET STATS SUBSCRIPTION SUBSCRIPTIONS TAG \
    TO TIME VALUES WHERE WITH WRITE TIMESTAMP BK_BIZ_ID IP PLAT_ID BK_CLOUD_ID CLOUD_ID COMPANY_ID \
    BK_SUPPLIER_ID";

/// Words that a field name must not contain, in upper case.
const FIELD_PARTS: [&str; 4] = ["DELETE", "DROP", "GRANT", "REVOKE"];

/// Unit ids that the pages support.
const UNITS: &str = "none short percent percentunit bits bytes kbytes mbytes gbytes tbytes pbytes \
    decbits decbytes deckbytes decmbytes decgbytes dectbytes decpbytes pps bps Bps KBs Kbits MBs \
    Mbits GBs Gbits TBs Tbits PBs Pbits celsius fahrenheit kelvin hertz ns µs ms s m h d cps ops \
    reqps rps wps iops cpm opm rpm wpm";

/// The words of a list. It is split only once: a page can have thousands of names.
type Words = LazyLock<HashSet<&'static str>>;

static RESERVED_TABLES: Words = LazyLock::new(|| TABLE_NAMES.split_whitespace().collect());
static RESERVED_FIELDS: Words = LazyLock::new(|| FIELD_NAMES.split_whitespace().collect());
static KNOWN_UNITS: Words = LazyLock::new(|| UNITS.split_whitespace().collect());

/// Whether BlueKing reserves the name, so that no group of metrics can have it; case is ignored.
pub fn is_reserved_table(name: &str) -> bool {
    RESERVED_TABLES.contains(&*name.to_ascii_uppercase())
}

/// Whether the pages cannot save a field of this name: it is or contains a reserved word.
pub(crate) fn is_reserved_field(name: &str) -> bool {
    let upper = name.to_uppercase();
    RESERVED_FIELDS.contains(&*name.to_ascii_uppercase())
        || FIELD_PARTS.iter().any(|part| upper.contains(part))
}

/// Whether the pages support a unit id.
pub(super) fn is_unit(id: &str) -> bool {
    KNOWN_UNITS.contains(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_ignore_case_but_units_do_not() {
        assert!(is_reserved_table("user") && is_reserved_field("Bk_Supplier_Id"));
        assert!(!is_reserved_table("disk") && !is_reserved_field(""));
        assert!(is_unit("µs") && is_unit("Bps") && is_unit("bps") && !is_unit("BPS"));
        assert_eq!(KNOWN_UNITS.len(), 52);
    }
}
