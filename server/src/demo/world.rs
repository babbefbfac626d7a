//! Customers and what they bought.

use std::collections::HashMap;

use domain::authz::Principal;
use domain::keys;
use jiff::civil::Date;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::dice::Dice;
use super::goods::{FAMILIES, Family};
use super::names::{FAMILY, GIVEN, PLACES, POSTS, SERVICE_DESK, TRADES};
use super::tale::Tale;
use crate::host::DAY;

/// How many customers.
pub(super) const CUSTOMERS: usize = 40;
/// How many products.
pub(super) const PRODUCTS: usize = 120;

/// A customer, as far as other records refer to it.
pub(super) struct Customer {
    pub(super) id: Uuid,
    pub(super) region: &'static str,
    pub(super) address: String,
    /// Name and telephone of people to talk to.
    pub(super) contacts: Vec<(String, String)>,
    pub(super) products: Vec<usize>,
}

/// A product.
pub(super) struct Product {
    pub(super) id: Uuid,
    /// Its 产品型号.
    pub(super) kind: Uuid,
    pub(super) family: usize,
    pub(super) model: &'static str,
    pub(super) batch: String,
    pub(super) customer: usize,
}

/// Everything that complaints and visits refer to.
pub(super) struct World {
    pub(super) people: Vec<Principal>,
    pub(super) customers: Vec<Customer>,
    pub(super) products: Vec<Product>,
    /// The 产品型号 of each model.
    types: HashMap<&'static str, Uuid>,
}

/// A name and a telephone number that nobody has.
pub(super) fn person(dice: &Dice) -> (String, String) {
    let name = format!("{}{}", dice.pick(&FAMILY), dice.pick(&GIVEN));
    (name, format!("100{:08}", dice.between(0, 99_999_999)))
}

/// The day that lies `days` before `now`, on the organisation's calendar.
pub(super) fn day_before(now: i64, days: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(now - days * DAY + 8 * crate::host::HOUR).unwrap_or_default();
    let day: Date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    day.to_string()
}

impl World {
    /// The world, and the tales of its customers and products.
    pub(super) fn make(dice: &Dice, people: Vec<Principal>, now: i64) -> (Self, Vec<Tale>) {
        let mut world = Self { people, customers: Vec::new(), products: Vec::new(), types: HashMap::new() };
        let mut tales = Vec::with_capacity(CUSTOMERS + PRODUCTS);
        for goods in FAMILIES {
            for model in goods.models {
                tales.push(world.product_type(dice, goods, model, now));
            }
        }
        for at in 0..CUSTOMERS {
            tales.push(world.customer(dice, at, now));
        }
        for at in 0..PRODUCTS {
            tales.push(world.product(dice, at, now));
        }
        (world, tales)
    }

    fn customer(&mut self, dice: &Dice, at: usize, now: i64) -> Tale {
        let (place, region) = PLACES[at % PLACES.len()];
        // Each place comes up twice, with two different trades.
        let (trade, form, short, _) = trade(at);
        let made = now - (380 + i64::try_from(CUSTOMERS - at).unwrap_or(0)) * DAY;
        let name = format!("{place}{trade}{form}");
        let address =
            format!("{place}市工业{}路{}号", ["一", "二", "三", "五"][at % 4], dice.between(1, 288));
        let office = self.people[SERVICE_DESK].clone();
        let (contact, phone) = person(dice);
        let kinds = ["old", "old", "new", "core", "key_account", "dormant"];
        let mut tale = Tale::create(
            dice,
            keys::customer::KIND,
            &office,
            made,
            json!({
                "name": name, "region": region, "address": address, "phone": phone,
                "customer_type": dice.word(&kinds), "industry": trade,
                "city_tier": dice.word(&["tier2", "tier3", "tier3"]),
                "return_visit_cycle": dice.word(&["monthly", "quarterly", "half_yearly"]),
                "source": dice.word(&["sales", "tender", "referral", "fair"]),
            }),
        );
        let mut contacts = vec![(contact, phone)];
        for _ in 0..dice.between(0, 2) {
            contacts.push(person(dice));
        }
        for (i, (contact, phone)) in contacts.iter().enumerate() {
            let (title, category) = POSTS[(at + i) % POSTS.len()];
            let fields = json!({"name": contact, "phone": phone, "title": title, "category": category, "is_primary": i == 0});
            tale.add(dice, &office, keys::customer::CONTACTS, fields);
        }
        tale.add(dice, &office, keys::customer::ALIASES, json!({"alias": format!("{place}{short}")}));
        if at.is_multiple_of(3) {
            tale.add(dice, &office, keys::customer::ALIASES, json!({"alias": format!("{place}{trade}")}));
        }
        if at.is_multiple_of(4) {
            let contract = json!({
                "no": format!("HT-{:04}", 1200 + at), "valid_from": day_before(now, 400),
                "valid_to": day_before(now, -330), "warranty_months": 24,
                "service_terms": "接到报修后2小时内答复，48小时内到场；每季度巡检一次。",
            });
            tale.add(dice, &office, keys::customer::CONTRACTS, contract);
        }
        if at.is_multiple_of(5) {
            let volume = json!({"year": 2025, "amount": format!("{}0000.00", dice.between(60, 900))});
            tale.add(dice, &office, keys::customer_private::ANNUAL_VOLUMES, volume);
        }
        self.customers.push(Customer { id: tale.id.0, region, address, contacts, products: Vec::new() });
        tale
    }

    fn product_type(&mut self, dice: &Dice, goods: &Family, model: &'static str, now: i64) -> Tale {
        let fields = json!({
            "product_area": goods.area, "name": goods.name, "model": model, "part_no": format!("{}-00", model),
            "drawing_no": format!("{}.{:03}", goods.serial, dice.between(1, 999)), "default_warranty_months": 24,
            "manufacturer": "本公司", "is_bought_in": false,
        });
        let office = self.people[SERVICE_DESK].clone();
        let tale = Tale::create(dice, keys::product_type::KIND, &office, now - 425 * DAY, fields);
        self.types.insert(model, tale.id.0);
        tale
    }

    fn product(&mut self, dice: &Dice, at: usize, now: i64) -> Tale {
        let customer = at % CUSTOMERS;
        let (_, _, _, buys) = trade(customer);
        let family = buys[(at / CUSTOMERS) % buys.len()];
        let goods = &FAMILIES[family];
        let model = dice.word(goods.models);
        let age = dice.between(40, 1_300);
        let batch = format!("B{:02}{:03}", 22 + (1_300 - age) / 330, dice.between(1, 365));
        let serial = format!("{}{}{:05}", goods.serial, 22 + (1_300 - age) / 330, dice.between(100, 99_999));
        let holder = &self.customers[customer];
        let kind = self.types.get(model).copied().unwrap_or_default();
        let mut fields = json!({
            "product_type": kind, "name": goods.name, "model": model, "product_area": goods.area, "serial_no": serial, "batch_no": batch,
            "customer": holder.id, "install_site": format!("{}（现场）", holder.address),
            "shipped_on": day_before(now, age + 14), "purchased_on": day_before(now, age + 20),
            "accepted_on": day_before(now, age), "commissioned_on": day_before(now, age - 3),
            "default_warranty_months": 24, "manufacturer": "本公司",
        });
        if let (true, Json::Object(more)) = (goods.vehicle, &mut fields) {
            more.insert("engine_no".into(), format!("E{:07}", dice.between(1, 9_999_999)).into());
            more.insert("frame_no".into(), format!("F{:08}", dice.between(1, 99_999_999)).into());
            more.insert("running_hours".into(), dice.between(200, 9_000).to_string().into());
            more.insert("reading_on".into(), day_before(now, dice.between(1, 35)).into());
        }
        let office = self.people[SERVICE_DESK].clone();
        let made = now - (374 * DAY) + i64::try_from(at).unwrap_or(0) * 60_000;
        let tale = Tale::create(dice, keys::product_item::KIND, &office, made, fields);
        let place = self.products.len();
        self.products.push(Product { id: tale.id.0, kind, family, model, batch, customer });
        self.customers[customer].products.push(place);
        tale
    }
}

fn trade(customer: usize) -> (&'static str, &'static str, &'static str, &'static [usize]) {
    TRADES[(customer + customer / PLACES.len() * 3) % TRADES.len()]
}
