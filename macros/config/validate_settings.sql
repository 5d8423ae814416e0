{#
    Stops the project, with every error of its settings at once, before any model is
    built. Called from `on-run-start`, which dbt renders when it parses.

    Raises one compilation error; each line of it starts with the setting that is wrong.
#}
{% macro validate_settings() -%}
    {%- set errors = dbt_consent.setting_errors() -%}
    {%- if errors -%}
        {{ exceptions.raise_compiler_error(
            'The settings of dbt_consent (vars in dbt_project.yml) have '
            ~ (errors | length) ~ ' error' ~ ('s' if errors | length > 1 else '')
            ~ ':\n- ' ~ errors | join('\n- ')
        ) }}
    {%- endif -%}
{%- endmacro %}

{# The list of errors, each a text that names the setting; empty when all is well. #}
{% macro setting_errors() -%}
    {%- set errors = (
        dbt_consent.setting_name_errors()
        + dbt_consent.setting_shape_errors()
        + dbt_consent.identity_errors()
        + dbt_consent._country_errors()
        + dbt_consent._model_list_errors()
        + dbt_consent._number_errors()
        + dbt_consent._clock_errors()
        + dbt_consent.purpose_errors()
        + dbt_consent.validate_profile_attributes()
    ) -%}
    {%- do return(errors or dbt_consent.retired_model_errors()) -%}
{%- endmacro %}

{% macro is_plain_name(name) -%}
    {{ return(name is string and modules.re.match('^[a-z][a-z0-9_]*$', name) is not none) }}
{%- endmacro %}

{% macro _country_errors() -%}
    {%- set errors = [] -%}
    {%- set country = dbt_consent.setting('default_country') -%}
    {%- set wrong = dbt_consent.country_error(country) if country is not none else '' -%}
    {%- if wrong -%}
        {%- do errors.append('default_country: ' ~ wrong) -%}
    {%- endif -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _model_list_errors() -%}
    {%- set errors = [] -%}
    {%- for name in ['customer_sources', 'customer_models', 'suppression_models', 'consent_models',
                     'contact_point_models', 'retired_models', 'segments', 'delivery_targets',
                     'accepted_shrinks'] -%}
        {%- set value = dbt_consent.setting(name) -%}
        {%- if name != 'consent_models' -%}
            {%- for item in value if item is not string -%}
                {%- do errors.append(name ~ ": '" ~ item ~ "' must be a name.") -%}
            {%- endfor -%}
        {%- else -%}
            {%- for item in value -%}
                {%- do errors.extend(dbt_consent._consent_model_errors(item)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _consent_model_errors(item) -%}
    {%- set errors = [] -%}
    {%- set known = ['model', 'kind', 'on_new_contact_point', 'max_shrink'] -%}
    {%- if item is mapping -%}
        {%- for key in item if key not in known -%}
            {%- do errors.append(
                "consent_models: unknown key '" ~ key ~ "'" ~ dbt_consent.did_you_mean(key, known)
                ~ '; known are ' ~ known | join(', ') ~ '.'
            ) -%}
        {%- endfor -%}
        {%- if item.get('model') is not string -%}
            {%- do errors.append('consent_models: an entry has no `model`.') -%}
        {%- endif -%}
        {%- if item.get('kind', 'state') not in ['state', 'ledger'] -%}
            {%- do errors.append("consent_models: kind '" ~ item.kind ~ "' of " ~ item.model ~ ' is neither state nor ledger.') -%}
        {%- endif -%}
        {%- if item.get('on_new_contact_point', 'ask') not in ['ask', 'carry'] -%}
            {%- do errors.append("consent_models: on_new_contact_point '" ~ item.on_new_contact_point ~ "' of " ~ item.model ~ ' is neither ask nor carry.') -%}
        {%- endif -%}
        {%- set share = item.get('max_shrink', 0.3) -%}
        {%- if share is not number or share is boolean or share < 0 or share > 1 -%}
            {%- do errors.append("consent_models: max_shrink '" ~ share ~ "' of " ~ item.model ~ ' is no share from 0 to 1.') -%}
        {%- endif -%}
    {%- elif item is not string -%}
        {%- do errors.append("consent_models: '" ~ item ~ "' must be a model's name or {model: …, kind: …}.") -%}
    {%- endif -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _number_errors() -%}
    {%- set errors = [] -%}
    {%- for name in ['accepted_drops', 'accepted_partings'] -%}
        {%- set number = dbt_consent.setting(name) -%}
        {%- if number is not integer or number is boolean or number < 0 -%}
            {%- do errors.append(name ~ ": '" ~ number ~ "' is no whole number from 0 on.") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set zone = dbt_consent.setting('time_zone') -%}
    {%- if zone not in modules.pytz.all_timezones -%}
        {%- do errors.append(
            "time_zone: '" ~ zone ~ "' is no time zone"
            ~ dbt_consent.did_you_mean(zone, modules.pytz.common_timezones)
            ~ '; write a name such as Europe/Amsterdam.'
        ) -%}
    {%- endif -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _clock_errors() -%}
    {%- for clock in ['as_of', 'known_at', 'observed_at'] -%}
        {%- do dbt_consent.run_clock(clock) -%}
    {%- endfor -%}
    {%- do return([]) -%}
{%- endmacro %}
