"""What an instance is told about itself."""

import json

from reconciler.state.userdata import user_environment


def _variables(cluster: str = "webapp") -> dict[str, str]:
    return user_environment(
        env="dev", domain="docker", cluster=cluster, revision="v003", number=2, zone="az1", image="webapp:1.0"
    )


def test_user_data_is_json_with_the_zone_the_group_and_the_domain() -> None:
    assert json.loads(_variables()["user_data"]) == {
        "asg_name": "webapp-v003",
        "account": "dev",
        "domain": "dev.docker",
        "local_http_port": 8080,
        "metadata": {"cluster": "webapp", "image": "webapp:1.0", "number": 2, "revision": "v003"},
        "az_name": "az1",
    }


def test_the_group_is_named_by_cluster_and_revision() -> None:
    variables = _variables()
    assert variables["CLOUD_AUTO_SCALE_GROUP"] == "webapp-v003"
    assert (variables["CLOUD_APP"], variables["CLOUD_STACK"]) == ("webapp", "")
    assert variables["CLOUD_CLUSTER"] == "webapp"
    assert variables["EC2_REGION"] == "dev"


def test_a_clusters_name_splits_into_application_stack_and_detail() -> None:
    variables = _variables("acmeair-web-blue-2")
    assert (variables["CLOUD_APP"], variables["CLOUD_STACK"]) == ("acmeair", "web")
    assert variables["CLOUD_AUTO_SCALE_GROUP"] == "acmeair-web-blue-2-v003"


def test_the_same_instance_is_always_told_the_same() -> None:
    assert _variables() == _variables()
