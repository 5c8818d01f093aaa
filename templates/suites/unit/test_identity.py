"""How buyers sign in: one Cognito user pool for all Regions."""

from __future__ import annotations

import demands

from support.places import at
from support.stack import Stack
from support.values import Unknown


def test_buyers_sign_in_to_one_pool_from_everywhere(stack: Stack) -> None:
    pool = stack.resource("aws_cognito_user_pool.buyers")
    pool.must(
        "deletion_protection",
        "ACTIVE" if demands.PROTECT else "INACTIVE",
        "the pool holds all buyers' accounts",
    )
    if (pool.get("password_policy.minimum_length") or 0) < 12:
        pool.fails("accepts short passwords", "short passwords can be guessed")
    for region in demands.REGIONS:
        authorizer = stack.resource(at("region", "aws_api_gateway_authorizer.buyers", region))
        authorizer.must(
            "provider_arns",
            [Unknown("aws_cognito_user_pool.buyers.arn")],
            "a buyer must be the same buyer in every Region",
        )
        authorizer.must("type", "COGNITO_USER_POOLS", "this type checks the tokens of a user pool")
    client = stack.resource("aws_cognito_user_pool_client.shop")
    client.must(
        "user_pool_id", Unknown("aws_cognito_user_pool.buyers.id"), "the client would belong to another pool"
    )
    client.must("prevent_user_existence_errors", "ENABLED", "anybody could find out who has an account")
    if "ALLOW_USER_PASSWORD_AUTH" in client.get("explicit_auth_flows"):
        client.fails("lets clients send passwords", "SRP proves a password without sending it")
