expect: error TokenExists
comment: a second token with the ID of the first is not taken into the books
seed: token_id_twice
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
token right +0 KKK0000001
