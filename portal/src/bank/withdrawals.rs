//! Orders that are not carried out: given up, or reported as something else on the token.

use super::base::{Bank, BankError};
use super::events::{note, note_by};
use super::orders::reference;
use crate::books::BooksError;
use crate::domain::alarm::Alarm;
use crate::domain::desk::By;
use crate::domain::order::{GivenUp, Order};
use crate::domain::people::Person;
use crate::outbox::post;

impl Bank {
    /// Withdraws an order and its code: no response to it is accepted any more. Whether it was still open; what was carried out
    /// stays so. When the token showed something else, the operator, the person and the administrators get a report.
    ///
    /// # Errors
    ///
    /// [`BankError`] when nothing was decided.
    pub async fn give_up_order(&self, person: &Person, order: &str, why: GivenUp) -> Result<bool, BankError> {
        let Some(order) = self.order(person, order)? else { return Ok(false) };
        if let Some(reference) = reference(&order) {
            let _till = self.till(reference.activation).await;
            self.recover_one(reference.activation).await?;
            if self.booking(&order)?.is_some() {
                return Ok(false);
            }
            self.verifier.withdraw(reference, self.now()).await?;
            return self.write_off(person, &order, why);
        }
        self.write_off(person, &order, why)
    }

    fn write_off(&self, person: &Person, order: &Order, why: GivenUp) -> Result<bool, BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let Some(order) = sheet.get::<Order>(&order.id)?.filter(|order| order.given_up.is_none()) else {
                return Ok::<_, BooksError>(false);
            };
            if why == GivenUp::Differs {
                let key = Person::key(&order.contract, &order.user);
                note(sheet, &key, "screen-differs", &order.id, now)?;
                let alarm = Alarm {
                    order: order.id.clone(),
                    contract: order.contract.clone(),
                    user: order.user.clone(),
                    operation: order.operation.clone(),
                    at: now.as_unix(),
                    seen_by: None,
                };
                sheet.put(&alarm);
                let words = [("user", person.user.as_str()), ("order", order.id.as_str())];
                for told in sheet.list::<Person>(&format!("{}/", person.contract))? {
                    if told.is_administrator() || told.user == person.user {
                        post(sheet, &told.mail, "mail-differs", &words, now)?;
                    }
                }
            }
            sheet.put(&Order { given_up: Some(why), ..order });
            Ok(true)
        })?)
    }

    /// Reports of people that no operator has marked as seen, the oldest first.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn alarms(&self) -> Result<Vec<Alarm>, BankError> {
        let mut open = self.books.list_of::<Alarm>("")?;
        open.sort_by_key(|alarm| alarm.at);
        Ok(open)
    }

    /// Notes that an operator has marked a report as seen. Whether there was such a report.
    pub(super) fn see_to(&self, order: &str, by: &By) -> Result<bool, BankError> {
        let now = self.now();
        Ok(self.books.change(|sheet| {
            let Some(alarm) = sheet.get::<Alarm>(order)?.filter(|alarm| alarm.seen_by.is_none()) else {
                return Ok::<_, BooksError>(false);
            };
            note_by(sheet, by, "seen-to", &alarm.order, now)?;
            sheet.put(&Alarm { seen_by: Some(by.operator.clone()), ..alarm });
            Ok(true)
        })?)
    }
}
