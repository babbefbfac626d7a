//! Sentences, from a code and its values.

mod labels;

use client_core::domain::schema::Schema;
use client_core::sync::Report;
use serde_json::{Map, Value as Json};

use crate::args::Lang;

pub use labels::status;

/// Code, 中文, English. `{name}` is filled from the parameters.
const MESSAGES: &[(&str, &str, &str)] = &[
    ("unknown_kind", "没有这种记录：{kind}", "no such kind of record: {kind}"),
    ("unknown_field", "没有这个字段：{field}", "no such field: {field}"),
    ("unknown_collection", "没有这个明细表：{field}", "no such collection: {field}"),
    ("unknown_command", "没有这个操作：{cmd}", "no such command: {cmd}"),
    ("wrong_type", "{field} 的格式不对（应为 {type}）", "{field} is not of type {type}"),
    ("too_long", "{field} 太长（最多 {max} 字）", "{field} is too long (at most {max} characters)"),
    ("out_of_range", "{field} 超出范围 {min}～{max}", "{field} is out of range {min}..{max}"),
    ("unknown_code", "{field} 没有这个选项：{value}", "{field} has no such option: {value}"),
    ("invalid_code", "代码只能用小写字母、数字和下划线：{code}", "no code: {code}"),
    ("code_removed", "选项“{code}”不能删除，可以停用", "the option {code} cannot be deleted, only retired"),
    ("ambiguous_spelling", "“{value}”同时指 {code} 和 {other}", "{value} would mean both {code} and {other}"),
    ("invalid_setting", "设置项 {setting} 的值不合要求", "the setting {setting} does not meet its rule"),
    ("retired_code", "{field} 的选项“{value}”已停用", "the option {value} of {field} is no longer in use"),
    ("out_of_order", "{field} 不能早于 {other}", "{field} cannot be before {other}"),
    ("duplicate_entry", "{field} 重复", "{field} is there already"),
    ("unmet", "条件未满足：{check}", "a condition is not met: {check}"),
    ("required", "还缺必填项：{missing}{field}", "still needed: {missing}{field}"),
    ("bad_transition", "不能从“{from}”转到“{to}”", "no step from {from} to {to}"),
    ("forbidden_transition", "您无权转到“{to}”", "the step to {to} is not yours to make"),
    ("frozen", "{field} 填写后不能更改", "{field} cannot be changed once set"),
    ("forbidden_field", "您无权修改 {field}", "you may not change {field}"),
    ("forbidden_doc", "您无权修改这条记录", "you may not change this record"),
    (
        "forbidden_state",
        "记录当前状态不允许修改 {field}",
        "the record's status does not allow changing {field}",
    ),
    ("not_found", "找不到：{what}", "not found: {what}"),
    ("unknown_entry", "{field} 中没有这一项", "no such entry in {field}"),
    ("no_such_value", "{field} 没有第 {n} 个值", "{field} has no value number {n}"),
    ("bad_request", "请求无法识别 {detail}", "the request cannot be understood {detail}"),
    ("author_mismatch", "修改者与登录者不一致", "the author is not who is signed in"),
    (
        "missing_deps",
        "服务器缺少前面的修改，稍后再试",
        "the server lacks earlier changes; trying again later",
    ),
    ("actor_seq_conflict", "修改序号重复，已重新生成", "a change number was used twice; made again"),
    ("actor_seq_gap", "修改序号不连续，已重新生成", "a change number was skipped; made again"),
    ("malformed", "数据损坏 {detail}", "damaged data {detail}"),
    ("too_large", "内容过大", "too large"),
    ("dependency_rejected", "所依据的修改未被接受", "it builds on a change that was not accepted"),
    ("doc_deleted", "记录已删除", "the record has been deleted"),
    (
        "schema_unsupported",
        "服务器版本较旧，暂不识别 {field}",
        "the server is older and does not know {field} yet",
    ),
    ("server_fault", "服务器出错，稍后再试", "the server has a fault; try again later"),
    (
        "data_too_new",
        "数据由更新的版本写入，请升级程序（数据未改动）",
        "a newer version wrote this data; upgrade the program (nothing was changed)",
    ),
    ("disk_full", "磁盘已满，未保存", "the disk is full; not saved"),
    ("data_damaged", "数据库损坏：{detail}", "the database is damaged: {detail}"),
    (
        "record_damaged",
        "这条记录在本机损坏，同步后恢复",
        "this record is damaged here; the next sync fetches it again",
    ),
    ("in_use", "数据正被另一个程序占用", "another program is using the data"),
    ("sign_in_needed", "请先登录（本机有 {unsent} 项未上传）", "sign in first ({unsent} unsent here)"),
    (
        "locked_for_other",
        "本机有 {user} 的 {unsent} 项未上传内容，须由本人登录上传",
        "this device holds {unsent} unsent pieces of work of {user}, who has to sign in and send them",
    ),
    ("ambiguous", "有多条记录叫“{what}”", "several records are called {what}"),
    ("no_randomness", "系统无法提供随机数", "the system gives no random bytes"),
    ("database_failed", "数据库出错：{detail}", "database failure: {detail}"),
    ("file_failed", "文件出错：{detail}", "file failure: {detail}"),
    ("usage", "用法不对：{detail}", "wrong usage: {detail}"),
    (
        "not_reachable",
        "连不上服务器，内容都在本机，稍后再试",
        "the server cannot be reached; nothing is lost, try again later",
    ),
    ("bad_credentials", "用户名或密码不对", "wrong user name or password"),
    ("totp_required", "需要动态验证码（--totp）", "the account asks for a code (--totp)"),
    ("token_expired", "登录已过期", "the sign-in has expired"),
    ("token_invalid", "登录已失效", "the sign-in is not valid any more"),
    ("device_revoked", "本设备已被停用，内容都在本机", "this device was revoked; its data is still here"),
    ("user_disabled", "账号已停用，内容都在本机", "the account is disabled; its data is still here"),
    ("throttled", "请求过多，稍后再试", "too many requests; try again later"),
    ("rate_limited", "请求过于频繁，稍后再试", "too many requests; try again later"),
    ("timeout", "网络太慢，稍后再试", "the network was too slow; try again later"),
    ("conflict", "与服务器上已有的冲突：{what}", "it conflicts with what the server has: {what}"),
    ("malformed_batch", "服务器无法读取提交的数据", "the server could not read what was sent"),
    ("unsupported_media_type", "服务器不支持此文件类型", "the server does not take this type of file"),
    (
        "method_not_allowed",
        "服务器不支持此操作，请升级程序",
        "the server does not support this; upgrade the program",
    ),
    ("forbidden", "无权访问", "not allowed"),
    ("epoch_changed", "服务器已恢复备份，请再同步一次", "the server was restored; sync once more"),
    ("cursor_too_old", "离线太久，请再同步一次", "offline for too long; sync once more"),
    ("upgrade_required", "请升级程序后再上传", "upgrade the program before sending"),
    ("proposal_refused", "办公室未采纳：{note}", "not taken over by the office: {note}"),
    (
        "recovered",
        "数据库损坏，已另存为 {set_aside}；找回 {unsent} 项未上传、{refused} 项未被接受的内容",
        "the database was damaged and is kept as {set_aside}; brought back {unsent} unsent and {refused} refused pieces of work",
    ),
];

/// Words of the human output: key, 中文, English.
const WORDS: &[(&str, &str, &str)] = &[
    ("saved", "已保存", "saved"),
    ("discarded", "已丢弃", "thrown away"),
    ("draft", "草稿", "draft"),
    ("waiting", "待上传", "waiting"),
    ("sent", "已上传", "sent"),
    ("proposed", "待办公室确认", "proposed"),
    ("conflict", "有分歧", "conflict"),
    ("not_accepted", "未被接受", "not accepted"),
    ("nothing", "没有内容", "nothing"),
    ("running", "进行中", "running"),
    ("paused", "暂停", "paused"),
    ("missed", "超时", "late"),
    ("met", "按时完成", "in time"),
    ("level", "升级", "level"),
    ("no_due_time", "不限时", "no limit"),
    ("unsent", "未上传", "unsent"),
    ("files", "未上传文件", "files not uploaded"),
    ("user", "用户", "user"),
    ("last_sync", "上次同步", "last sync"),
];

fn pick<'a>(lang: Lang, zh: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// A word; the key itself if there is none.
pub fn word(lang: Lang, key: &str) -> &str {
    WORDS.iter().find(|(k, ..)| *k == key).map_or(key, |(_, zh, en)| pick(lang, zh, en))
}

/// The sentence for a code; with a schema, in the words of its fields and statuses.
pub fn message(lang: Lang, schema: Option<&Schema>, code: &str, params: &Map<String, Json>) -> String {
    let worded;
    let params = match schema {
        Some(schema) => {
            worded = labels::words(lang, schema, params);
            &worded
        }
        None => params,
    };
    let Some((_, zh, en)) = MESSAGES.iter().find(|(c, ..)| *c == code) else {
        return format!("{code} {}", Json::Object(params.clone()));
    };
    let mut text = pick(lang, zh, en).to_owned();
    // Where all that is missing is named, the first of it is not named again.
    if params.contains_key("missing") {
        text = text.replace("{missing}{field}", "{missing}");
    }
    for (key, value) in params {
        let value = match value {
            Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(pick(lang, "、", ", ")),
            one => plain(one),
        };
        text = text.replace(&format!("{{{key}}}"), &value);
    }
    // A value that this code came without leaves no braces behind.
    while let Some(start) = text.find('{') {
        let Some(end) = text[start..].find('}') else { break };
        text.replace_range(start..=start + end, "");
    }
    text.trim().to_owned()
}

/// A value as a person reads it.
pub fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(s) => s.clone(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// After a save.
pub fn saved(lang: Lang, saved: &Json) -> String {
    format!("{} {} {}", word(lang, "saved"), plain(&saved["number"]), plain(&saved["id"]))
}

/// After a sign-in.
pub fn signed_in(lang: Lang, name: &str) -> String {
    format!("{}{name}", pick(lang, "已登录：", "signed in: "))
}

/// After a sign-out.
pub fn signed_out(lang: Lang, unsent: u64) -> String {
    match (unsent, lang) {
        (0, Lang::Zh) => "已退出".to_owned(),
        (0, Lang::En) => "signed out".to_owned(),
        (n, Lang::Zh) => format!("已退出；{n} 项未上传内容留在本机，须由本人登录后上传"),
        (n, Lang::En) => format!("signed out; {n} unsent pieces of work stay here for the same account"),
    }
}

/// After a run of sync.
pub fn synced(lang: Lang, report: &Report) -> String {
    let (up, down) = (report.pushed, report.pulled);
    let sent = up.accepted + up.duplicate;
    let mut text = match lang {
        Lang::Zh => format!(
            "上传 {sent}，待确认 {}，未接受 {}；收到 {}，移除 {}；未上传 {}",
            up.proposed, up.refused, down.records, down.gone, report.unsent
        ),
        Lang::En => format!(
            "sent {sent}, proposed {}, refused {}; received {}, removed {}; unsent {}",
            up.proposed, up.refused, down.records, down.gone, report.unsent
        ),
    };
    if let Some(code) = &report.code {
        text.push('\n');
        text.push_str(&message(lang, None, code, &report.params));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use client_core::domain::error::Code;
    use serde_json::json;

    #[test]
    fn every_code_has_a_sentence_in_both_languages() {
        for code in Code::ALL {
            assert!(MESSAGES.iter().any(|(c, ..)| *c == code.as_str()), "{}", code.as_str());
        }
        // What a server says of a request rather than of a record.
        let of_requests = [
            "bad_credentials",
            "conflict",
            "cursor_too_old",
            "device_revoked",
            "disk_full",
            "epoch_changed",
            "forbidden",
            "malformed_batch",
            "method_not_allowed",
            "not_reachable",
            "rate_limited",
            "throttled",
            "timeout",
            "token_expired",
            "token_invalid",
            "unsupported_media_type",
            "upgrade_required",
            "user_disabled",
        ];
        for code in of_requests {
            assert!(MESSAGES.iter().any(|(c, ..)| *c == code), "{code}");
        }
        for (code, zh, en) in MESSAGES {
            assert!(!zh.is_ascii() && en.is_ascii(), "{code}");
        }
    }

    #[test]
    fn values_are_filled_in_and_absent_ones_leave_no_braces() {
        let params = Map::from_iter([("field".to_owned(), json!("content")), ("max".to_owned(), json!(200))]);
        assert_eq!(message(Lang::Zh, None, "too_long", &params), "content 太长（最多 200 字）");
        let params = Map::from_iter([
            ("field".to_owned(), json!("content")),
            ("missing".to_owned(), json!(["content", "channel"])),
        ]);
        assert_eq!(message(Lang::En, None, "required", &params), "still needed: content, channel");
        assert_eq!(message(Lang::En, None, "bad_request", &Map::new()), "the request cannot be understood");
    }
}
