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
    {%- set value = dbt_consent.given_setting(name) -%}
    {%- set shape = dbt_consent._shape(defaults[name]) -%}
    {%- set is_fit = shape == 'one value' or shape == dbt_consent._shape(value) -%}
    {{ return(defaults[name] if value is none or not is_fit else value) }}
{%- endmacro %}

{# What the project says, of whichever shape it is; none when it says nothing. #}
{% macro given_setting(name) -%}
    {%- set value = var(name, none) -%}
    {{ return(dbt_consent._demo_settings().get(name) if value is none else value) }}
{%- endmacro %}

{#
    Settings that are no list or no mapping where they have to be one, as a list of texts.
    Models read the default instead, since dbt parses them before anything can stop it.
#}
{% macro setting_shape_errors() -%}
    {%- set examples = {
        'activity_models': '{orders: int_activities__orders}',
        'list_models': '{tags: int_lists__tags}',
        'renamed_models': '{stg_crm__people: stg_crm__customers}',
        'profile_attributes': '{first_name: {data_type: string}}',
        'purposes': '{newsletter: {channel: email}}',
        'merge_reviews': '{shared_by: 10}',
        'unique_keys': '{birth_date: cut}',
        'alternate_keys': '[email, phone]',
        'consent_models': '[{model: stg_crm__consents, kind: state}]',
    } -%}
    {%- set errors = [] -%}
    {%- for name, default in dbt_consent._setting_defaults().items() -%}
        {%- set value = dbt_consent.given_setting(name) -%}
        {%- set wanted = dbt_consent._shape(default) -%}
        {%- if value is not none and wanted != 'one value' and dbt_consent._shape(value) != wanted -%}
            {%- do errors.append(
                name ~ ': must be a ' ~ wanted
                ~ (', such as ' ~ examples[name] if name in examples else '') ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(errors) }}
{%- endmacro %}

{% macro _shape(value) -%}
    {{ return(
        'mapping' if value is mapping
        else 'list' if value is iterable and value is not string
        else 'one value'
    ) }}
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
