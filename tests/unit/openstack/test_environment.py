from leasehold.openstack.environment import from_environment


def test_the_variables_of_a_v3_openrc_are_read():
    assert from_environment(
        {
            "OS_AUTH_URL": "https://keystone.example/v3",
            "OS_USERNAME": "alice",
            "OS_PASSWORD": "pw",
            "OS_PROJECT_NAME": "lab",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_ID": "default",
            "OS_REGION_NAME": "RegionOne",
            "OS_INTERFACE": "internal",
            "OS_CACERT": "ca.pem",
            "HOME": "/nowhere",
        }
    ) == {
        "auth_url": "https://keystone.example/v3",
        "username": "alice",
        "password": "pw",
        "project_name": "lab",
        "user_domain_name": "Default",
        "project_domain_id": "default",
        "region": "RegionOne",
        "interface": "internal",
        "cacert": "ca.pem",
    }


def test_an_empty_variable_is_as_good_as_none():
    assert from_environment(
        {"OS_REGION_NAME": "", "OS_PROJECT_NAME": "", "OS_TENANT_NAME": "t"}
    ) == {"project_name": "t"}


def test_the_old_identity_version_chooses_the_old_sign_in():
    assert from_environment({"OS_IDENTITY_API_VERSION": "2"}) == {"auth_type": "v2password"}
    assert from_environment({"OS_IDENTITY_API_VERSION": "2.0", "OS_TOKEN": "t"}) == {
        "auth_type": "v2token",
        "token": "t",
    }
    assert from_environment({"OS_IDENTITY_API_VERSION": "3"}) == {}


def test_insecure_means_unverified():
    assert from_environment({"OS_INSECURE": "True"}) == {"verify": False}
    assert from_environment({"OS_INSECURE": "false"}) == {}


LEFT_OVER = {"OS_USERNAME": "alice", "OS_PASSWORD": "pw", "OS_PROJECT_NAME": "lab"}


def test_another_plugin_s_options_are_variables_too_and_other_credentials_are_left_out():
    own = {
        "OS_AUTH_TYPE": "v3oidcaccesstoken",
        "OS_IDENTITY_PROVIDER": "acme",
        "OS_PROTOCOL": "openid",
        "OS_ACCESS_TOKEN": "x",
        "OS_REGION_NAME": "One",
    }
    assert from_environment({**LEFT_OVER, **own}) == {
        "auth_type": "v3oidcaccesstoken",
        "project_name": "lab",
        "region": "One",
        "auth_options": {"identity_provider": "acme", "protocol": "openid", "access_token": "x"},
    }


def test_what_another_plugin_shares_with_the_usual_ones_stays():
    own = {"OS_AUTH_TYPE": "v3totp", "OS_PASSCODE": "123456"}
    assert from_environment({**LEFT_OVER, **own}) == {
        "auth_type": "v3totp",
        "username": "alice",
        "project_name": "lab",
        "auth_options": {"passcode": "123456"},
    }


def test_a_plugin_that_does_not_exist_is_left_to_the_sign_in():
    assert from_environment({"OS_AUTH_TYPE": "nosuch"}) == {"auth_type": "nosuch"}
