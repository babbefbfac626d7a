//! Invented companies and people. Telephone numbers begin with 100, which nobody has.

/// Places that no map has, with the region that they are said to be in.
pub(super) const PLACES: [(&str, &str); 20] = [
    ("砚湖", "east"),
    ("云岫", "southwest"),
    ("霁川", "north"),
    ("苍坪", "northwest"),
    ("鹿鸣川", "northeast"),
    ("赤槐岭", "north"),
    ("枕溪", "south"),
    ("榆关岭", "northeast"),
    ("泊望", "east"),
    ("青岚", "south"),
    ("石舷", "east"),
    ("雁回坪", "northwest"),
    ("澄江湾", "south"),
    ("驼铃", "northwest"),
    ("松辽渡", "northeast"),
    ("稷原", "central"),
    ("栖霞洲", "central"),
    ("白鹭汀", "east"),
    ("燕麓", "north"),
    ("锦屏河", "southwest"),
];

/// Trades: what a company does, its legal form, how it is called for short, and which lines of goods
/// it buys (places in `FAMILIES`).
pub(super) const TRADES: [(&str, &str, &str, &[usize]); 8] = [
    ("铁矿", "有限责任公司", "铁矿", &[0]),
    ("水泥", "股份有限公司", "水泥", &[0, 2]),
    ("通信工程", "有限公司", "通信", &[1]),
    ("轨道交通", "集团有限公司", "轨交", &[2, 3]),
    ("线缆", "有限公司", "线缆", &[4, 2]),
    ("港务", "有限公司", "港务", &[5]),
    ("公共交通", "有限责任公司", "公交", &[3]),
    ("建设工程", "有限公司", "建工", &[0, 1]),
];

/// Family names.
pub(super) const FAMILY: [&str; 24] = [
    "赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫", "蒋", "沈", "韩", "杨", "朱",
    "秦", "许", "何", "吕", "施", "张", "孔",
];

/// Given names.
pub(super) const GIVEN: [&str; 24] = [
    "立群", "晓岚", "国栋", "雨桐", "志远", "春燕", "海涛", "静怡", "文博", "丽华", "建业", "思源", "永昌",
    "佳宁", "振宇", "秀兰", "学勤", "明珠", "长庚", "若水", "兆丰", "玉洁", "守诚", "依然",
];

/// Positions of contacts, with the code of `contact_category`.
pub(super) const POSTS: [(&str, &str); 6] = [
    ("设备科长", "manager"),
    ("采购专员", "purchasing"),
    ("机电队长", "user"),
    ("工艺工程师", "process"),
    ("项目经理", "manager"),
    ("运维班长", "technical"),
];

/// An account of the demo organisation.
pub(super) struct Account {
    /// Name to sign in with; the password is `demo-` and this name.
    pub(super) name: &'static str,
    /// 姓名
    pub(super) display: &'static str,
    /// `engineer`, `office` or `admin`.
    pub(super) role: &'static str,
    /// Department.
    pub(super) department: &'static str,
    /// Region.
    pub(super) region: &'static str,
    /// Permissions besides the role.
    pub(super) may: &'static [&'static str],
}

const fn account(
    name: &'static str,
    display: &'static str,
    role: &'static str,
    department: &'static str,
    region: &'static str,
    may: &'static [&'static str],
) -> Account {
    Account { name, display, role, department, region, may }
}

/// Everyone: the admin, three in the office, six engineers.
pub(super) const ACCOUNTS: [Account; 10] = [
    account("admin", "管理员", "admin", "信息部", "", &[]),
    account("kefu", "沈静怡", "office", "客服部", "", &["callback", "close"]),
    account("pinzhi", "韩文博", "office", "品质部", "", &["approve"]),
    account("shouhou", "秦国栋", "office", "售后服务部", "", &["approve", "close", "callback", "penalise"]),
    account("gong1", "周海涛", "engineer", "售后服务部", "华北", &[]),
    account("gong2", "吴振宇", "engineer", "售后服务部", "华东", &[]),
    account("gong3", "郑志远", "engineer", "售后服务部", "华南", &[]),
    account("gong4", "冯永昌", "engineer", "售后服务部", "西北", &[]),
    account("gong5", "许思源", "engineer", "售后服务部", "东北", &[]),
    account("gong6", "何学勤", "engineer", "售后服务部", "西南", &[]),
];

/// Places of the accounts in [`ACCOUNTS`].
pub(super) const SERVICE_DESK: usize = 1;
/// 品质
pub(super) const QUALITY: usize = 2;
/// 售后主管
pub(super) const CHIEF: usize = 3;
/// The first engineer.
pub(super) const ENGINEERS: usize = 4;
