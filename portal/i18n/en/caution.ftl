
# Caution

over-raised = This is more than the limit before the raise ({$limit} a day). The raised limit holds from {$until}. Today {$left} are left.
over-registration = Your token was registered a short time ago. Until {$until} you can pay {$limit} a day. Today {$left} are left.
over-payee = Payments to new payees can be {$limit} a day in all. Today {$left} are left.
caution-raised = For your safety a raised limit holds from {$until}. Until then it stays {$limit}.
caution-registration = Your token was registered a short time ago. Until {$until} your payments can be {$limit} a day for each kind of transaction. This protects you from fraud.
caution-payee = Payments to payees who are not registered, or were registered within {$days} days, can be {$limit} a day in all. This protects you from fraud.
limits-cooling = For your safety a raise holds after {$wait}. A lower limit holds at once.
limits-raised = {$limit}: until {$until} the limit is {$yen}, as before the raise.
outcome-registration = Over the limit of the first days after the token's registration
outcome-payee = Over the daily limit for new payees
