"""stub"""


def forces_replacement(type, path, old, new):
    return (
        path
        in {
            "name",
            "hash_key",
            "range_key",
            "cluster_identifier",
            "kms_key_id",
            "engine",
            "identifier",
            "replication_group_id",
            "engine_mode",
            "description",
        }
        and type != "aws_kms_key"
    )
