
# Caution

over-raised = This is more than the limit before the raise ({$limit} a day). The raised limit holds from {$until}. Today {$left} are left.
over-registration = Your token was registered a short time ago. Until {$until} you can pay {$limit} a day. Today {$left} are left.
over-payee = Payments to new payees can be {$limit} a day in all. Today {$left} are left.
over-first = Payments to those you have not paid before can be {$limit} a day in all, together with new payees of transfers. Today {$left} are left.
caution-raised = For your safety a raised limit holds from {$until}. Until then it stays {$limit}.
caution-registration = Your token was registered a short time ago. Until {$until} your payments can be {$limit} a day for each kind of transaction. This protects you from fraud.
caution-payee = Payments to payees who are not registered, or were registered within {$days} days, can be {$limit} a day in all. This protects you from fraud.
caution-first = Payments to those you have not paid before, or first paid within {$days} days, can be {$limit} a day in all, together with new payees of transfers. This protects you from fraud.
limits-cooling = For your safety a raise holds after {$wait}. A lower limit holds at once.
limits-raised = {$limit}: until {$until} the limit is {$yen}, as before the raise.
outcome-registration = Over the limit of the first days after the token's registration
outcome-payee = Over the daily limit for new payees

# Emergency stop

menu-stop = Emergency stop
stop-intro = If you suspect misuse, you can stop everything of yours ({$user}) at once, without the token.
stop-logins = Logins: neither password nor passkey nor certificate lets in, and every session ends.
stop-signing = Transactions: your token can approve nothing more. What is not approved yet is not carried out.
stop-linkages = Linked services: all linkages end.
stop-undo = Only the bank's desk can undo this. Neither you nor an administrator can.
stop-do = Stop everything
stop-phone = If you cannot log in, please call the customer desk.
stop-done = Everything is stopped. You also get a mail.
stopped-at = Stopped by the person: {$at}
did-stopped = Emergency stop by the person
mail-stopped-subject = Your access is stopped
mail-stopped-body = {$user}: as you asked, everything is stopped. To use the bank again, please call the customer desk.
mail-stopped-other-subject = A person has stopped their access
mail-stopped-other-body = {$user} has stopped everything of theirs at once. Only the bank's desk can undo this. Please check the other people of your company.
