{#
    The value of one of the project's vars, or its default. Every macro reads its
    settings here, so that a project that installs this one as a package gets the same
    defaults when it calls our macros from its own models.

    Arguments
        name  one of the vars of docs/settings.md

    Raises a compilation error for a name that is no setting.

    Example
        {{ dbt_consent.setting('max_records_per_key') }}   → 50
#}
{% macro setting(name) -%}
    {%- set defaults = dbt_consent._setting_defaults() -%}
    {%- if name not in defaults -%}
        {{ exceptions.raise_compiler_error("dbt_consent has no setting '" ~ name ~ "'.") }}
    {%- endif -%}
    {%- set value = var(name, none) -%}
    {%- if value is none -%}
        {%- set value = dbt_consent._demo_settings().get(name) -%}
    {%- endif -%}
    {{ return(defaults[name] if value is none else value) }}
{%- endmacro %}

{# The demo's settings, in its own repository; nothing in a project that installs the package. #}
{% macro _demo_settings() -%}
    {%- set given = var('dbt_consent_demo', none) if project_name == 'dbt_consent' else none -%}
    {{ return(given if given is mapping else {}) }}
{%- endmacro %}

{% macro _setting_defaults() -%}
    {{ return({
        'customer_sources': [],
        'customer_models': [],
        'consent_models': [],
        'suppression_models': [],
        'activity_models': {},
        'contact_point_models': [],
        'list_models': {},
        'retired_models': [],
        'renamed_models': {},
        'alternate_keys': ['email', 'phone'],
        'unique_keys': {},
        'max_records_per_key': 50,
        'fold_email_aliases': false,
        'default_country': none,
        'profile_attributes': {},
        'purposes': {},
        'segments': [],
        'delivery_targets': [],
        'time_zone': 'UTC',
        'as_of': none,
        'known_at': none,
        'trial': none,
        'observed_at': none,
        'accepted_shrinks': [],
        'accepted_drops': 0,
        'accepted_partings': 20,
        'merge_reviews': {},
        'fuzzy_matching': none,
        'notify': none,
        'number_seed': none,
    }) }}
{%- endmacro %}
