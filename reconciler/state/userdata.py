"""What an instance is told about itself in its environment: the user data and the names of its group. Pure.

Before: plan.actions, which decides number, zone and revision. After: engine.blueprint puts it into the
container.

Sources. The variable `user_data` holds JSON with the fields that Microscaler gives its containers
(`asg_name`, `account`, `domain`, `local_http_port`, `metadata`, `az_name`;
microscaler/lib/docker_client.rb, which adds the zone, and lib/instance_manager.rb). The CLOUD_ variables
are Asgard's (its userdata package), and how a group's name is made of application, stack, detail and push
number is frigga's (NameConstants: `-` between the parts, push `v000`).
"""

import json

LOCAL_HTTP_PORT = 8080


def user_environment(
    *, env: str, domain: str, cluster: str, revision: str, number: int, zone: str, image: str
) -> dict[str, str]:
    """The variables of instance `number` of `cluster`: text to text.

    `revision` is `v003`; the group's name is `<cluster>-<revision>`, as in `acmeair-web-v003`: application
    `acmeair`, stack `web`. The account is the environment, the domain its own below `domain`.
    """
    group = f"{cluster}-{revision}"
    application, _, rest = cluster.partition("-")
    user_data = {
        "asg_name": group,
        "account": env,
        "domain": f"{env}.{domain}",
        "local_http_port": LOCAL_HTTP_PORT,
        "metadata": {"cluster": cluster, "image": image, "number": number, "revision": revision},
        "az_name": zone,
    }
    return {
        "user_data": json.dumps(user_data, separators=(",", ":"), sort_keys=True),
        "CLOUD_APP": application,
        "CLOUD_STACK": rest.partition("-")[0],
        "CLOUD_CLUSTER": cluster,
        "CLOUD_AUTO_SCALE_GROUP": group,
        "EC2_REGION": env,
    }
