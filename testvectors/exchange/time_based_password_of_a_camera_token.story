expect: rejected Unknown
comment: an activation with a camera token has no time-based passwords
seed: time_based_password_of_a_camera_token
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
generator hana +0
password taro +20 response of hana
