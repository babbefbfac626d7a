//! What an organisation edits: code lists, settings, calendar.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::deadline::{Holiday, Notice};
use domain::error::Code;
use domain::schema::{Label, Schema};
use domain::settings::{CodeEdit, Organisation, Settings};
use jiff::civil::date;
use serde_json::json;

fn label(zh: &str, en: &str) -> Option<Label> {
    Some(Label { zh: zh.into(), en: en.into() })
}

/// All codes of a list as an editor sends them back unchanged.
fn unchanged(schema: &Schema, list: &str) -> Vec<CodeEdit> {
    let codes = &schema.list(list).unwrap().codes;
    codes.iter().map(|c| CodeEdit { code: c.code.clone(), ..CodeEdit::default() }).collect()
}

fn edit(schema: &Schema, list: &str, change: impl FnOnce(&mut Vec<CodeEdit>)) -> Result<Schema, Code> {
    let shipped = Schema::builtin().unwrap();
    let mut codes = unchanged(schema, list);
    change(&mut codes);
    let edit = schema.edit_list(&shipped, list, &codes).map_err(|refusal| {
        assert_eq!(refusal.params["list"], list, "a refusal names the list");
        refusal.code
    })?;
    let lists = [(list.to_owned(), edit)].into();
    Ok(shipped.for_organisation(&Organisation { lists, ..Organisation::default() }))
}

#[test]
fn a_list_that_was_sent_back_unchanged_is_the_shipped_one() {
    let shipped = Schema::builtin().unwrap();
    for list in shipped.lists() {
        let same = edit(&shipped, &list.key, |_| {}).unwrap();
        assert_eq!(json!(same.list(&list.key)), json!(list), "{}", list.key);
        assert_eq!(same.fingerprint(), shipped.fingerprint());
        assert!(same.rows_as(&shipped));
    }
}

#[test]
fn codes_are_added_renamed_retired_switched_on_and_moved() {
    let shipped = Schema::builtin().unwrap();
    let schema = edit(&shipped, "channel", |codes| {
        let of = |codes: &mut Vec<CodeEdit>, key: &str| codes.iter().position(|c| c.code == key).unwrap();
        let at = of(codes, "fax");
        codes[at].retired = Some(true);
        let at = of(codes, "hall_survey");
        codes[at].retired = Some(false);
        let at = of(codes, "letter");
        codes[at].label = label(" 信件 ", "");
        let own = CodeEdit {
            code: "wecom".into(),
            label: label("企微客户群", "WeCom group"),
            synonyms: Some(vec!["企微".into(), " 企微 ".into(), String::new()]),
            attrs: Some([("written".to_owned(), true.into())].into()),
            ..CodeEdit::default()
        };
        codes.insert(0, own);
    })
    .unwrap();
    let channel = schema.list("channel").unwrap();
    assert_eq!(channel.codes[0].code, "wecom");
    assert_eq!(channel.codes[0].synonyms, ["企微"], "other spellings are tidied");
    assert_eq!(channel.recognise("企微").unwrap().code, "wecom");
    assert!(channel.code("fax").unwrap().retired && !channel.code("hall_survey").unwrap().retired);
    let letter = channel.code("letter").unwrap();
    assert_eq!((letter.label.zh.as_str(), letter.label.en.as_str()), ("信件", "信件"));
    assert_eq!(letter.synonyms, shipped.list("channel").unwrap().code("letter").unwrap().synonyms);
    assert_eq!(channel.codes.len(), shipped.list("channel").unwrap().codes.len() + 1);

    // A second edit starts from the first.
    let again = edit(&schema, "channel", |codes| codes[0].label = label("企业微信群", "WeCom")).unwrap();
    assert_eq!(again.list("channel").unwrap().codes[0].synonyms, ["企微"]);
    assert!(again.list("channel").unwrap().code("fax").unwrap().retired);
}

#[test]
fn edits_that_break_a_rule_are_refused() {
    let shipped = Schema::builtin().unwrap();
    let refused = |list: &str, change: fn(&mut Vec<CodeEdit>)| edit(&shipped, list, change).unwrap_err();
    let add =
        |code: &str, zh: &str| CodeEdit { code: code.into(), label: label(zh, zh), ..CodeEdit::default() };
    assert_eq!(refused("channel", |c| drop(c.remove(3))), Code::CodeRemoved);
    assert_eq!(refused("channel", |c| c.push(c[0].clone())), Code::DuplicateEntry);
    for code in ["WeCom", "we com", "", "1st", "企微", "we-com"] {
        let edited = edit(&shipped, "channel", |c| c.push(add(code, "企微")));
        assert_eq!(edited.unwrap_err(), Code::InvalidCode, "{code}");
    }
    assert_eq!(edit(&shipped, "channel", |c| c.push(add("wecom", " "))).unwrap_err(), Code::Required);
    let long = "长".repeat(61);
    assert_eq!(edit(&shipped, "channel", |c| c.push(add("wecom", &long))).unwrap_err(), Code::TooLong);
    // 来电 is another spelling of phone; 电话 is its label.
    assert_eq!(
        edit(&shipped, "channel", |c| c.push(add("call", "来电"))).unwrap_err(),
        Code::AmbiguousSpelling
    );
    assert_eq!(
        refused("channel", |c| c[1].synonyms = Some(vec!["tel".into()])),
        Code::AmbiguousSpelling,
        "spellings mean the same in any case"
    );
    assert_eq!(refused("subcategory", |c| c[0].parent = Some("nowhere".into())), Code::UnknownCode);
    assert_eq!(
        edit(&shipped, "subcategory", |c| c.push(add("loose", "无主"))).unwrap_err(),
        Code::UnknownCode
    );
    assert_eq!(refused("channel", |c| c[0].parent = Some("complaint".into())), Code::UnknownCode);
    let attribute = |c: &mut Vec<CodeEdit>, name: &str, value: toml::Value| {
        c[0].attrs = Some([(name.to_owned(), value)].into());
    };
    assert_eq!(
        edit(&shipped, "channel", |c| attribute(c, "loud", true.into())).unwrap_err(),
        Code::WrongType
    );
    assert_eq!(edit(&shipped, "channel", |c| attribute(c, "media", 1.into())).unwrap_err(), Code::WrongType);
    assert_eq!(shipped.edit_list(&shipped, "no_list", &[]).unwrap_err().code, Code::NotFound);
}

#[test]
fn what_a_later_release_ships_stands_after_the_organisation_s_order() {
    let older = {
        let mut files = Schema::builtin_sources();
        let text = files.get_mut("lists.toml").unwrap();
        let fax = text.lines().find(|l| l.contains("code = \"fax\"")).unwrap().to_owned();
        *text = text.replacen(&format!("{fax}\n"), "", 1);
        Schema::from_files(files).unwrap()
    };
    let mut codes = unchanged(&older, "channel");
    codes.reverse();
    codes.push(CodeEdit { code: "wecom".into(), label: label("企微", ""), ..CodeEdit::default() });
    let edit = older.edit_list(&older, "channel", &codes).unwrap();
    let own = Organisation { lists: [("channel".to_owned(), edit)].into(), ..Organisation::default() };
    let now = Schema::builtin().unwrap().for_organisation(&own);
    let order: Vec<&str> = now.list("channel").unwrap().codes.iter().map(|c| c.code.as_str()).collect();
    assert_eq!(order.first(), Some(&"other"));
    assert_eq!(order[order.len() - 2..], ["wecom", "fax"]);
}

#[test]
fn only_what_is_called_otherwise_changes_rows() {
    // With the labels of 投诉类别 as part of the text for search.
    let mut files = Schema::builtin_sources();
    let text = files.get_mut("complaint.toml").unwrap();
    *text = text.replacen("list = \"category\"", "list = \"category\"\nsearch = true", 1);
    let shipped = Schema::from_files(files).unwrap();
    let edited = |change: fn(&mut Vec<CodeEdit>)| {
        let mut codes = unchanged(&shipped, "category");
        change(&mut codes);
        let edit = shipped.edit_list(&shipped, "category", &codes).unwrap();
        let lists = [("category".to_owned(), edit)].into();
        shipped.for_organisation(&Organisation { lists, ..Organisation::default() })
    };
    let added = edited(|codes| {
        codes.push(CodeEdit { code: "own".into(), label: label("自有", ""), ..CodeEdit::default() });
    });
    assert!(added.rows_as(&shipped) && added.fingerprint() != shipped.fingerprint());
    let renamed = edited(|codes| codes[0].label = label("货品质量", "Goods"));
    assert!(!renamed.rows_as(&shipped) && renamed.fingerprint() != shipped.fingerprint());
    let retired = edited(|codes| codes[0].retired = Some(true));
    assert!(retired.rows_as(&shipped) && retired.fingerprint() == shipped.fingerprint());
    let settings = Settings { zone: "+09:00".into(), ..Settings::default() };
    let moved = shipped.for_organisation(&Organisation { settings, ..Organisation::default() });
    assert!(!moved.rows_as(&shipped), "months begin at another moment");
    // What columns are worked out from: the limit of monthly reports, what a code counts as, the questionnaires.
    let differs = |organisation: &Organisation| {
        let own = shipped.for_organisation(organisation);
        !own.rows_as(&shipped) && !shipped.rows_as(&own) && own.fingerprint() != shipped.fingerprint()
    };
    let limit = json!({ "deadlines": { "rules": { "L37": { "limit": "8 day-of-next-month" } } } });
    let settings = Settings::read(&limit).unwrap();
    assert!(differs(&Organisation { settings, ..Organisation::default() }));
    let edit = edited_list(&shipped, "record_kind", |codes| {
        codes[0].attrs = Some([("counted".to_owned(), false.into())].into());
    });
    let lists = [("record_kind".to_owned(), edit)].into();
    assert!(differs(&Organisation { lists, ..Organisation::default() }));
    let own = shipped.templates().all().next().unwrap();
    let newer = json!(domain::survey::Template { version: 900, ..own.clone() });
    let templates = [("own".to_owned(), newer)].into();
    let own = shipped.for_organisation(&Organisation { templates, ..Organisation::default() });
    assert!(!own.rows_as(&shipped) && own.fingerprint() != shipped.fingerprint());
}

fn edited_list(shipped: &Schema, key: &str, change: fn(&mut Vec<CodeEdit>)) -> domain::settings::ListEdit {
    let mut codes = unchanged(shipped, key);
    change(&mut codes);
    shipped.edit_list(shipped, key, &codes).unwrap()
}

#[test]
fn a_device_has_the_lists_and_settings_that_the_server_serves() {
    let shipped = Schema::builtin().unwrap();
    let mut served = edit(&shipped, "channel", |codes| {
        codes[0].retired = Some(true);
        codes.push(CodeEdit { code: "wecom".into(), label: label("企微", ""), ..CodeEdit::default() });
    })
    .unwrap();
    let settings = json!({ "retention_years": 15, "zone": "+09:00", "of_a_later_release": { "a": 1 } });
    let mut reference = json!({ "lists": served.lists().collect::<Vec<_>>(), "settings": settings });
    reference["lists"][0]["codes"][0]["news"] = json!("of a later release");
    let device = shipped.with_reference(&reference);
    assert_eq!(json!(device.list("channel")), json!(served.list("channel")));
    assert_eq!(device.list("channel").unwrap().recognise("来电").unwrap().code, "phone");
    assert_eq!(device.settings().retention_years, 15);
    assert_eq!(device.settings().closure, Settings::default().closure);
    served = shipped.with_reference(&json!(null));
    assert_eq!(served.fingerprint(), shipped.fingerprint(), "nothing fetched yet is as shipped");
}

#[test]
fn settings_are_refused_by_path_and_rule() {
    let schema = Schema::builtin().unwrap();
    Settings::default().check(&schema).unwrap();
    let read = |json: serde_json::Value| {
        let settings = Settings::read(&json).and_then(|s| s.check(&schema).map(|()| s));
        settings.map_err(|r| {
            assert_eq!(r.code, Code::InvalidSetting);
            (r.params["setting"].as_str().unwrap().to_owned(), r.params["rule"].as_str().unwrap().to_owned())
        })
    };
    for (json, setting, rule) in [
        (json!({ "colour": "red" }), "colour", "form"),
        (json!({ "closure": { "lots": 2 } }), "closure.lots", "form"),
        (json!({ "closure": { "lot_count": "many" } }), "closure.lot_count", "form"),
        (json!({ "closure": { "lot_count": 0 } }), "closure.lot_count", "range"),
        (json!({ "closure": { "off": ["sunshine"] } }), "closure.off", "unknown"),
        (json!({ "zone": "Europe/Berlin" }), "zone", "zone"),
        (json!({ "retention_years": 0 }), "retention_years", "range"),
        (json!({ "deadlines": { "rules": { "L99": {} } } }), "deadlines", "limit"),
        (json!({ "calendar": { "weekdays": [] } }), "calendar", "calendar"),
        (json!({ "calendar": { "years": [{ "year": 2027 }] } }), "calendar.years", "by_year"),
        (json!({ "numbering": { "customer_private": "{n:03}" } }), "numbering.customer_private", "unknown"),
        (json!({ "numbering": { "complaint": "{prefix}" } }), "numbering.complaint", "pattern"),
        (json!({ "numbering": { "complaint": "{n:03}", "visit": "{n:04}" } }), "numbering.visit", "distinct"),
        (json!({ "return_visits": { "routine": { "months": 0 } } }), "return_visits.routine", "range"),
        (
            json!({ "formulas": { "repeats": { "mass_complaints": 1 } } }),
            "formulas.repeats.mass_complaints",
            "range",
        ),
        (
            json!({ "formulas": { "composite": { "d2_factor": "-1" } } }),
            "formulas.composite.d2_factor",
            "range",
        ),
        (
            json!({ "formulas": { "composite": { "grades": [60, 75, 85] } } }),
            "formulas.composite.grades",
            "range",
        ),
        // What would take D out of 0–100, or leave it without a result.
        (
            json!({ "formulas": { "composite": { "grades": [850, 75, 60] } } }),
            "formulas.composite.grades",
            "range",
        ),
        (
            json!({ "formulas": { "composite": { "weights": [50, 60, 20] } } }),
            "formulas.composite.weights",
            "sum",
        ),
        (json!({ "formulas": { "composite": { "n1_cap": 61 } } }), "formulas.composite.n1_cap", "range"),
        (
            json!({ "formulas": { "composite": { "weights": [60, 10, 30] } } }),
            "formulas.composite.n1_cap",
            "range",
        ),
        (
            json!({ "formulas": { "composite": { "analysis_below": 101 } } }),
            "formulas.composite.analysis_below",
            "range",
        ),
        (
            json!({ "formulas": { "appraisal": { "bands": [100, 85, 85, 60] } } }),
            "formulas.appraisal.bands",
            "range",
        ),
        (json!({ "formulas": { "appraisal": { "leader": 0 } } }), "formulas.appraisal.leader", "range"),
        (json!({ "formulas": { "travel": { "days": "weeks" } } }), "formulas.travel.days", "form"),
    ] {
        assert_eq!(read(json.clone()).unwrap_err(), (setting.to_owned(), rule.to_owned()), "{json}");
    }
    let settings = read(json!({
        "numbering": { "complaint": "{dept}-{year}{month}-{n:03}" },
        "formulas": { "composite": { "d2_factor": 1 }, "arrival": { "complaint_after_minutes": 20 },
            "appraisal": { "own": "0.2", "supervisor": "0.3", "leader": "0.5" }, "travel": { "days": "nights" } },
        "return_visits": { "routine": { "seasons": [3, 10] }, "after_warranty": "on_request" },
    }))
    .unwrap();
    let again = Settings::read(&serde_json::to_value(&settings).unwrap()).unwrap();
    assert_eq!(again, settings, "what is served can be sent back");
}

#[test]
fn a_year_of_the_calendar_is_put_in_and_counts_at_once() {
    let shipped = Schema::builtin().unwrap();
    assert!(!shipped.calendar().covers(2027));
    let holiday = Holiday {
        name: Label { zh: "元旦".into(), en: "New Year".into() },
        from: "2027-01-01".into(),
        to: "2027-01-03".into(),
        work: vec!["2027-01-09".into()],
    };
    let notice = Notice { year: 2027, source: String::new(), holidays: vec![holiday] };
    let own = Organisation { calendar: [(2027, notice)].into(), ..Organisation::default() };
    let schema = shipped.for_organisation(&own);
    assert!(schema.calendar().covers(2027));
    assert!(
        schema.calendar().is_working(date(2027, 1, 9)) && !schema.calendar().is_working(date(2027, 1, 1))
    );
    // The year is part of the settings that devices are given.
    let device = shipped.with_reference(&json!({ "settings": schema.settings() }));
    assert!(device.calendar().is_working(date(2027, 1, 9)));
}

#[test]
fn with_two_levels_of_severity_the_third_is_not_offered() {
    let settings = Settings::read(&json!({ "severity_scheme": "two_levels" })).unwrap();
    let own = Organisation { settings, ..Organisation::default() };
    let schema = Schema::builtin().unwrap().for_organisation(&own);
    let offered: Vec<&str> = schema
        .list("severity")
        .unwrap()
        .codes
        .iter()
        .filter(|c| !c.retired)
        .map(|c| c.code.as_str())
        .collect();
    assert_eq!(offered, ["general", "serious"]);
    // Editing the list meanwhile does not keep it away once there are three levels again.
    let shipped = Schema::builtin().unwrap();
    let codes: Vec<CodeEdit> = (schema.list("severity").unwrap().codes.iter())
        .map(|c| CodeEdit { code: c.code.clone(), retired: Some(c.retired), ..CodeEdit::default() })
        .collect();
    for codes in [codes, unchanged(&schema, "severity")] {
        let edit = schema.edit_list(&shipped, "severity", &codes).unwrap();
        let lists = [("severity".to_owned(), edit)].into();
        let three = shipped.for_organisation(&Organisation { lists, ..Organisation::default() });
        assert!(!three.list("severity").unwrap().code("major").unwrap().retired);
    }
}
