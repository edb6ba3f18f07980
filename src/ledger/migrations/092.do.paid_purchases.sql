-- reconcile looks at purchases that were paid lately, for those whose process never began.
CREATE INDEX purchases_paid_at ON boon.purchases (paid_at) WHERE paid_at IS NOT NULL;
