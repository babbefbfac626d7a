//! One customer is written in many ways. What is surely the same is joined, what may be the same is
//! put before a person, and nothing is guessed.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::text::{folded, likeness, one_line};

/// A customer on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The record.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its other spellings.
    pub aliases: Vec<String>,
}

/// What a spelling comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// A name or alias on file.
    Same(Uuid),
    /// Differs from one customer's name or alias only by width, case, spaces or the legal form.
    Equal(Uuid),
    /// Looks like these, without being one of them.
    Similar(Vec<Uuid>),
    /// Like nothing on file.
    Unknown,
}

/// The customers on file by their spellings.
#[derive(Clone, Debug, Default)]
pub struct Book {
    exact: HashMap<String, Uuid>,
    // By core; several customers may share one, and then none of them is meant for sure.
    cores: BTreeMap<String, Vec<Uuid>>,
    names: HashMap<Uuid, String>,
}

/// What was found out about the spellings of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Folded spelling → customer.
    pub customers: HashMap<String, Uuid>,
    /// Customers to be made.
    pub new: Vec<Known>,
    /// Spellings to be added to customers on file.
    pub aliases: Vec<(Uuid, String)>,
    /// Spellings that a person has to decide, with the customers that they look like.
    pub similar: Vec<Similar>,
}

/// A spelling that looks like a customer on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Similar {
    /// As written first.
    pub spelling: String,
    /// Customers that it looks like: id and name.
    pub candidates: Vec<(Uuid, String)>,
}

impl Book {
    /// A book of these customers.
    #[must_use]
    pub fn of(customers: impl IntoIterator<Item = Known>) -> Self {
        let mut book = Self::default();
        for customer in customers {
            book.add(&customer);
        }
        book
    }

    /// Adds a customer with its spellings.
    pub fn add(&mut self, customer: &Known) {
        self.names.insert(customer.id, customer.name.clone());
        for spelling in std::iter::once(&customer.name).chain(&customer.aliases) {
            self.add_spelling(customer.id, spelling);
        }
    }

    fn add_spelling(&mut self, id: Uuid, spelling: &str) {
        let exact = folded(spelling);
        if exact.is_empty() {
            return;
        }
        self.exact.entry(exact).or_insert(id);
        let ids = self.cores.entry(core(spelling)).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    /// The name of a customer on file.
    #[must_use]
    pub fn name(&self, id: Uuid) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// What a spelling comes to.
    #[must_use]
    pub fn find(&self, spelling: &str) -> Match {
        if let Some(id) = self.exact.get(&folded(spelling)) {
            return Match::Same(*id);
        }
        let wanted = core(spelling);
        if let Some([id]) = self.cores.get(&wanted).map(Vec::as_slice) {
            return Match::Equal(*id);
        }
        let mut ids: Vec<Uuid> = Vec::new();
        for (core, customers) in &self.cores {
            if alike(&wanted, core) {
                ids.extend(customers);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() { Match::Unknown } else { Match::Similar(ids) }
    }

    /// Finds every spelling of a file, in order of appearance, and adds what is new to the book.
    ///
    /// Full names come first whatever their order in the file, so that 渭滨电线电缆分厂 becomes the
    /// customer and 渭滨电缆 a likeness of it, not the other way round. `id` gives the id of a customer
    /// made for a spelling.
    pub fn resolve(&mut self, spellings: &[String], id: impl Fn(&str) -> Uuid) -> Resolved {
        let mut order: Vec<&String> = spellings.iter().collect();
        order.sort_by_key(|s| (!is_formal(s), std::cmp::Reverse(folded(s).chars().count())));
        let mut resolved = Resolved::default();
        for spelling in order {
            let key = folded(spelling);
            if key.is_empty() || resolved.customers.contains_key(&key) {
                continue;
            }
            let shown = one_line(spelling);
            match self.find(spelling) {
                Match::Same(id) => {
                    resolved.customers.insert(key, id);
                }
                Match::Equal(id) => {
                    resolved.customers.insert(key, id);
                    self.add_spelling(id, spelling);
                    match resolved.new.iter_mut().find(|c| c.id == id) {
                        Some(new) => new.aliases.push(shown),
                        None => resolved.aliases.push((id, shown)),
                    }
                }
                Match::Similar(ids) => {
                    let named = |id: &Uuid| (*id, self.names.get(id).cloned().unwrap_or_default());
                    let candidates = ids.iter().map(named).collect();
                    if !resolved.similar.iter().any(|s| folded(&s.spelling) == key) {
                        resolved.similar.push(Similar { spelling: shown, candidates });
                    }
                }
                Match::Unknown => {
                    let customer = Known { id: id(&core(spelling)), name: shown, aliases: Vec::new() };
                    // Someone renamed a customer that an earlier import made: it is still that one.
                    if self.names.contains_key(&customer.id) {
                        self.add_spelling(customer.id, spelling);
                        resolved.aliases.push((customer.id, customer.name));
                    } else {
                        self.add(&customer);
                        resolved.new.push(customer.clone());
                    }
                    resolved.customers.insert(key, customer.id);
                }
            }
        }
        resolved
    }
}

/// Legal forms, longest first: what people leave off and put on at will.
const FORMS: [&str; 9] = [
    "有限责任公司",
    "股份有限公司",
    "集团有限公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "集团",
    "公司",
];

/// A spelling without its legal form.
#[must_use]
pub fn core(spelling: &str) -> String {
    let mut core = folded(spelling).replace(['.', ',', '·', '-', '\'', '"'], "");
    // 分公司 and 子公司 are other customers than their parents; 电子公司 is a trade.
    let subsidiary = core.ends_with("子公司") && !core.ends_with("电子公司");
    if !core.ends_with("分公司") && !subsidiary {
        for form in FORMS {
            if let Some(rest) = core.strip_suffix(form)
                && rest.chars().count() >= 2
            {
                core = rest.to_owned();
                break;
            }
        }
    }
    core
}

/// Whether a spelling says what kind of organisation it is.
fn is_formal(spelling: &str) -> bool {
    const ENDS: [&str; 12] =
        ["公司", "集团", "厂", "矿", "局", "院", "枢纽", "中心", "研究所", "大学", "医院", "学校"];
    let folded = folded(spelling);
    ENDS.iter().any(|end| folded.ends_with(end))
}

/// Whether two cores look like one customer: a person should say.
fn alike(a: &str, b: &str) -> bool {
    let (short, long): (Vec<char>, Vec<char>) = {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        if a.len() <= b.len() { (a, b) } else { (b, a) }
    };
    if short.len() < 2 {
        return false;
    }
    let prefix = short.iter().zip(&long).take_while(|(x, y)| x == y).count();
    if prefix == short.len() || (prefix >= 3 && prefix * 2 >= long.len()) {
        return true;
    }
    // 中电化三 in 中原电气化三: the letters of an abbreviation come in the order of the full name.
    if short.len() >= 3 && short.first() == long.first() {
        let mut rest = long.iter();
        if short.iter().all(|c| rest.any(|l| l == c)) {
            return true;
        }
    }
    likeness(a, b) >= 0.6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: u128, name: &str, aliases: &[&str]) -> Known {
        let aliases = aliases.iter().map(|a| (*a).to_owned()).collect();
        Known { id: Uuid::from_u128(id), name: name.to_owned(), aliases }
    }

    fn book() -> Book {
        Book::of([
            known(1, "粤宝机柜制造有限公司", &["粤宝机柜", "YUEBAO"]),
            known(2, "海岚汽车电子有限公司", &["海岚电子", "hailan"]),
            known(6, "中原电气化工程第三有限公司", &["中原电气化三公司"]),
            known(12, "陇铁器材公司", &["陇铁器材"]),
        ])
    }

    #[test]
    fn names_and_aliases_are_found_however_written() {
        let book = book();
        for (text, id) in [
            ("粤宝机柜", 1),
            ("粤宝机柜 ", 1),
            ("ＹＵＥＢＡＯ", 1),
            ("HAILAN", 2),
            ("Hailan", 2),
            ("海岚电子", 2),
            ("陇铁器材", 12),
        ] {
            assert_eq!(book.find(text), Match::Same(Uuid::from_u128(id)), "{text}");
        }
        for (text, id) in [("海岚汽车电子", 2), ("海岚汽车电子股份有限公司", 2), ("粤宝机柜公司", 1)]
        {
            assert_eq!(book.find(text), Match::Equal(Uuid::from_u128(id)), "{text}");
        }
    }

    #[test]
    fn likenesses_are_proposed_and_strangers_are_not() {
        let book = book();
        for (text, id) in [("中电化三公司", 6), ("兰铁器材", 12), ("海岚", 2), ("粤宝", 1)] {
            assert_eq!(book.find(text), Match::Similar(vec![Uuid::from_u128(id)]), "{text}");
        }
        for text in ["大圆山铁矿", "冀北水泥", "WEIBIN", "粤"] {
            assert_eq!(book.find(text), Match::Unknown, "{text}");
        }
        // A branch is another customer than its parent until a person says otherwise.
        assert!(matches!(book.find("陇铁器材公司兰州分公司"), Match::Similar(_)));
    }

    #[test]
    fn spellings_of_one_file_join_around_the_full_name() {
        let spellings: Vec<String> =
            ["渭滨电缆", "陇铁器材", "渭滨电线电缆分厂", "陇铁器材公司", "HAILAN", "hailan", " "]
                .map(String::from)
                .into();
        let id = |core: &str| Uuid::from_u128(core.chars().map(|c| u128::from(u32::from(c))).sum());
        let mut book = Book::default();
        let resolved = book.resolve(&spellings, id);
        let names: Vec<&str> = resolved.new.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["渭滨电线电缆分厂", "陇铁器材公司", "HAILAN"]);
        assert_eq!(resolved.new[1].aliases, ["陇铁器材"]);
        assert_eq!(resolved.customers.get("陇铁器材"), resolved.customers.get("陇铁器材公司"));
        assert_eq!(resolved.similar.len(), 1);
        assert_eq!(resolved.similar[0].spelling, "渭滨电缆");
        assert_eq!(resolved.similar[0].candidates[0].1, "渭滨电线电缆分厂");
        assert!(!resolved.customers.contains_key("渭滨电缆"));

        // The same file again, with those customers on file: nothing new.
        let mut again = Book::of(resolved.new.clone());
        let second = again.resolve(&spellings, id);
        assert_eq!(second.customers, resolved.customers);
        assert!(second.new.is_empty() && second.aliases.is_empty());
    }
}
